using StableRep.Api.Hosting;
using StableRep.Engine.Checkpoints.Hub;

namespace StableRep.Api.Generators;

/// <summary>Which hub generators are fetched from.</summary>
internal static class HubConfiguration
{
    /// <summary>The hub of the configuration, or of the environment.</summary>
    /// <param name="configuration">The node's configuration.</param>
    /// <param name="hub">An address that goes before the configured one, or null.</param>
    /// <exception cref="FormatException">The address is none.</exception>
    public static HubOptions HubOptions(this IConfiguration configuration, string? hub = null)
    {
        var settings = configuration.GetSection(HubSettings.Section).Get<HubSettings>() ?? new HubSettings();
        var options = new HubOptions { Token = settings.Token is { Length: > 0 } token ? token : configuration["HF_TOKEN"] };
        var address = hub ?? (settings.BaseAddress is { Length: > 0 } configured ? configured : configuration["HF_ENDPOINT"]);
        if (string.IsNullOrEmpty(address))
        {
            return options;
        }

        return Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http"
            ? options with { BaseAddress = uri }
            : throw new FormatException($"'{address}' is not a hub's address: write https://HOST.");
    }
}
