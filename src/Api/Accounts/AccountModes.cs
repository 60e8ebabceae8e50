using System.Net;
using Npgsql;
using StableRep.Api.Configuration;
using StableRep.Api.Hosting;

namespace StableRep.Api.Accounts;

/// <summary>Decides whether people log in, from what the node listens on and where its database is.</summary>
internal static class AccountModes
{
    private const string Key = $"{StudioOptions.Section}:{nameof(StudioOptions.Accounts)}";

    /// <summary>The mode of a node with this configuration.</summary>
    /// <exception cref="SettingsException">Single-user mode is asked for where others would get in; the message names the key.</exception>
    public static AccountMode Decide(IConfiguration configuration, StudioOptions options)
    {
        var open = Addresses(configuration).Where(address => !IsLoopback(address)).ToList();
        var database = configuration.GetConnectionString("Studio");
        return options.Accounts switch
        {
            "team" => AccountMode.Team,
            "single" when open.Count > 0 => throw Refusal(
                $"{Key} is 'single', which lets everybody in, and this node would listen on {string.Join(", ", open)}: " +
                $"listen on a loopback address (--urls http://127.0.0.1:5000), or set {Key} to 'team' so that people log in."),
            "single" when !IsOfThisMachine(database) => throw Refusal(
                $"{Key} is 'single', which lets everybody in, and ConnectionStrings:Studio names the database of another machine: " +
                $"remove it to use the private cluster, or set {Key} to 'team' so that people log in."),
            "single" => AccountMode.Single,
            _ => open.Count == 0 && string.IsNullOrWhiteSpace(database) ? AccountMode.Single : AccountMode.Team,
        };
    }

    /// <summary>What Kestrel will listen on: its own endpoints, else the addresses, else the ports, else its default.</summary>
    internal static IReadOnlyList<string> Addresses(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"] ?? "*").ToList();
        var urls = Split(configuration["urls"]);
        string[] ports = [.. Split(configuration["http_ports"]), .. Split(configuration["https_ports"])];
        return [.. endpoints, .. urls.Length > 0 ? urls : endpoints.Count > 0 ? [] : ports.Select(port => $"http://*:{port}")];
    }

    private static string[] Split(string? list) => list?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static bool IsLoopback(string address)
    {
        var start = address.IndexOf("://", StringComparison.Ordinal);
        var rest = start < 0 ? address : address[(start + 3)..];
        if (rest.StartsWith("unix:", StringComparison.OrdinalIgnoreCase) || rest.StartsWith("pipe:", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        // Kestrel takes what is neither an IP address nor localhost for a name and then listens on every address.
        var host = rest.StartsWith('[') ? rest[1..Math.Max(1, rest.IndexOf(']', StringComparison.Ordinal))] : rest.Split(':', '/')[0];
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var ip) && IPAddress.IsLoopback(ip));
    }

    private static bool IsOfThisMachine(string? connectionString) =>
        string.IsNullOrWhiteSpace(connectionString)
        || new NpgsqlConnectionStringBuilder(connectionString).Host is not { Length: > 0 } hosts
        || hosts.Split(',').All(host => host.StartsWith('/') || IsLoopback(host));

    private static SettingsException Refusal(string message) => new([message]);
}
