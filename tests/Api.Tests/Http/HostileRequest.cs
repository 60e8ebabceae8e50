using System.Net.Http.Headers;
using System.Text;
using StableRep.Data.Accounts;

namespace StableRep.Api.Tests.Http;

/// <summary>A broken or hostile request, and the problem that answers it.</summary>
/// <param name="Name">What is wrong with it.</param>
/// <param name="Method">The method.</param>
/// <param name="Path">The address below <c>/api/v1</c>.</param>
/// <param name="Status">The status that it gets.</param>
/// <param name="Problem">The problem's name; empty where the server refuses it before the studio sees it.</param>
internal sealed record HostileRequest(string Name, string Method, string Path, int Status, string Problem)
{
    /// <summary>Who asks; null for nobody.</summary>
    public StudioRole? Role { get; init; } = StudioRole.Researcher;

    /// <summary>Makes the body.</summary>
    public Func<HttpContent>? Body { get; init; }

    /// <summary>A header.</summary>
    public (string Name, string Value)? Header { get; init; }

    public HostileRequest WithJson(string json) => this with { Body = () => new StringContent(json, Encoding.UTF8, "application/json") };

    public HostileRequest WithFile(string fileName, byte[] content, params (string Name, string Value)[] fields) => this with
    {
        Body = () =>
        {
            var form = new MultipartFormDataContent();
            foreach (var (name, value) in fields)
            {
                form.Add(new StringContent(value), name);
            }

            form.Add(new ByteArrayContent(content), "file", fileName);
            return form;
        },
    };

    public HostileRequest WithRaw(string contentType, byte[] content) => this with
    {
        Body = () =>
        {
            var body = new ByteArrayContent(content);
            body.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
            return body;
        },
    };

    public HttpRequestMessage ToMessage()
    {
        var message = new HttpRequestMessage(new HttpMethod(Method), new Uri("/api/v1" + Path, UriKind.Relative)) { Content = Body?.Invoke() };
        if (Header is { } header)
        {
            message.Headers.TryAddWithoutValidation(header.Name, header.Value);
        }

        return message;
    }
}
