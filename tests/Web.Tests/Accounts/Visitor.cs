using System.Net;
using System.Text.RegularExpressions;

namespace StableRep.Web.Tests.Accounts;

/// <summary>Somebody who uses the forms of a node as a browser does: with cookies, hidden fields, and without following where a page leads.</summary>
internal sealed partial class Visitor(Uri address) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = address };

    /// <summary>The cookies that the node gave, by name.</summary>
    public Dictionary<string, string> Cookies { get; init; } = [];

    /// <summary>Headers of every request, such as a proxy adds.</summary>
    public Dictionary<string, string> Headers { get; } = [];

    /// <summary>Fetches a page.</summary>
    public Task<HttpResponseMessage> GetAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path));

    /// <summary>Sends a form with exactly these fields.</summary>
    public Task<HttpResponseMessage> PostAsync(string path, IEnumerable<KeyValuePair<string, string>> fields) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(fields) });

    /// <summary>Opens a page with a form, fills the form in and sends it with the page's hidden fields.</summary>
    public async Task<HttpResponseMessage> SubmitAsync(string path, params (string Name, string Value)[] fields)
    {
        using var page = await GetAsync(path);
        var hidden = Hidden(await page.Content.ReadAsStringAsync());
        return await PostAsync(path, [.. hidden, .. fields.Select(field => new KeyValuePair<string, string>("Input." + field.Name, field.Value))]);
    }

    /// <summary>Logs in by the form.</summary>
    public Task<HttpResponseMessage> LogInAsync(string name, string password = TeamStudio.Password, bool remember = false, string path = "/account/login") =>
        SubmitAsync(path, [("UserName", name), ("Password", password), .. remember ? [("Remember", "true")] : Array.Empty<(string, string)>()]);

    /// <summary>Logs out by the form.</summary>
    public Task<HttpResponseMessage> LogOutAsync() => SubmitAsync("/account");

    /// <summary>Where an answer leads: a path of this node, or the address of another site.</summary>
    public string? TargetOf(HttpResponseMessage response) => response.Headers.Location switch
    {
        { IsAbsoluteUri: true } target when target.Authority == _client.BaseAddress!.Authority => target.PathAndQuery,
        var target => target?.OriginalString,
    };

    /// <summary>What a form sends without being asked.</summary>
    public static Dictionary<string, string> Hidden(string page) => Inputs().Matches(page).Select(match => match.Value)
        .Where(input => Attribute(input, "type") == "hidden").ToDictionary(input => Attribute(input, "name")!, input => Attribute(input, "value") ?? "");

    public void Dispose() => _client.Dispose();

    private static string? Attribute(string element, string name) =>
        Regex.Match(element, $" {name}=\"([^\"]*)\"") is { Success: true } match ? WebUtility.HtmlDecode(match.Groups[1].Value) : null;

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        if (Cookies.Count > 0)
        {
            request.Headers.Add("Cookie", string.Join("; ", Cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        }

        foreach (var (name, value) in Headers)
        {
            request.Headers.Add(name, value);
        }

        var response = await _client.SendAsync(request);
        foreach (var cookie in response.Headers.TryGetValues("Set-Cookie", out var set) ? set : [])
        {
            var parts = cookie.Split(';')[0].Split('=', 2);
            if (parts[1].Length == 0)
            {
                Cookies.Remove(parts[0]);
            }
            else
            {
                Cookies[parts[0]] = parts[1];
            }
        }

        return response;
    }

    [GeneratedRegex("<input [^>]*>")]
    private static partial Regex Inputs();
}
