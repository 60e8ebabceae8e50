using System.ComponentModel.DataAnnotations;

namespace StableRep.Api.Hosting;

/// <summary>Where generators are fetched from.</summary>
public sealed class HubSettings
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Hub";

    /// <summary>The hub's address; without it that of the environment's <c>HF_ENDPOINT</c>, else <c>https://huggingface.co</c>.</summary>
    [Url(ErrorMessage = "must be an address, such as https://huggingface.co")]
    public string? BaseAddress { get; set; }

    /// <summary>An access token for gated and private repositories, sent to the hub's own host only; without it the environment's <c>HF_TOKEN</c>.</summary>
    public string? Token { get; set; }
}
