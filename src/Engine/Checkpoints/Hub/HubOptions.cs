namespace StableRep.Engine.Checkpoints.Hub;

/// <summary>Which hub to ask, and how patiently.</summary>
public sealed record HubOptions
{
    /// <summary>The public hub that most generators are published on.</summary>
    public static readonly Uri PublicHub = new("https://huggingface.co/");

    /// <summary>Where the hub answers; its path is put before every request's.</summary>
    public Uri BaseAddress { get; init; } = PublicHub;

    /// <summary>An access token for gated and private repositories, sent to <see cref="BaseAddress"/>'s host and to no other; or null.</summary>
    public string? Token { get; init; }

    /// <summary>Files fetched at once.</summary>
    public int ParallelDownloads { get; init; } = 4;

    /// <summary>How often one request is tried in a row without a byte gained before giving up.</summary>
    public int Attempts { get; init; } = 6;

    /// <summary>How long a connection may stay silent before it counts as cut.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The options for a repository whose own address may name another hub, which then does not get the token.</summary>
    public HubOptions For(HubRepository repository) =>
        repository.BaseAddress is not { } other || HubClient.IsSameOrigin(other, BaseAddress) ? this : this with { BaseAddress = other, Token = null };
}
