using StableRep.Api.Live;
using StableRep.Data.Webhooks;

namespace StableRep.Api.Webhooks;

/// <summary>An address to tell of experiments' state changes.</summary>
public sealed record NewWebhook
{
    /// <summary>Where to send: an http or https address that is reachable from the internet.</summary>
    public required string Url { get; init; }

    /// <summary>Which events: names such as <c>experiment.done</c>, or <c>*</c> for all.</summary>
    public required IReadOnlyList<string> Events { get; init; }
}

/// <summary>What to change of a webhook; null leaves a value as it is.</summary>
public sealed record WebhookChange
{
    /// <summary>Where to send.</summary>
    public string? Url { get; init; }

    /// <summary>Which events.</summary>
    public IReadOnlyList<string>? Events { get; init; }

    /// <summary>Whether anything is sent.</summary>
    public bool? Active { get; init; }
}

/// <summary>A webhook as its owner sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Url">Where to send.</param>
/// <param name="Events">Which events.</param>
/// <param name="Active">Whether anything is sent.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="Secret">The key of the signatures: given once, to whoever makes it.</param>
public sealed record WebhookView(Guid Id, string Url, IReadOnlyList<string> Events, bool Active, DateTimeOffset CreatedAt, string? Secret = null);

/// <summary>One delivery in a webhook's log.</summary>
/// <param name="Id">Its number, sent as <c>Studio-Delivery</c>.</param>
/// <param name="Event">The event's name.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="CreatedAt">When the event happened.</param>
/// <param name="Payload">What is sent.</param>
/// <param name="Status">The HTTP status of the last answer.</param>
/// <param name="Failure">What went wrong the last time.</param>
/// <param name="FinishedAt">When it was taken or given up.</param>
/// <param name="NextAttemptAt">When it is tried next, if it is pending.</param>
public sealed record DeliveryView(
    long Id,
    string Event,
    DeliveryState State,
    int Attempts,
    DateTimeOffset CreatedAt,
    RawJson Payload,
    int? Status = null,
    string? Failure = null,
    DateTimeOffset? FinishedAt = null,
    DateTimeOffset? NextAttemptAt = null);
