using System.Text.Json;
using StableRep.Api.Live;

namespace StableRep.Api.Review;

/// <summary>
/// A small notice to everybody who reviews an image set: what to read anew, never what it says, so that hidden marks stay hidden.
/// </summary>
/// <param name="Kind"><c>marks</c>, <c>images</c>, <c>set</c> (settings and assignments) or <c>presence</c>.</param>
/// <param name="By">Whose doing it is, or null for the studio itself.</param>
/// <param name="Captions">The captions concerned; null for any.</param>
public sealed record ReviewNotice(string Kind, Guid? By, IReadOnlyList<int>? Captions)
{
    /// <summary>The kind of notices of changed marks.</summary>
    public const string Marks = "marks";

    /// <summary>The kind of notices of new images.</summary>
    public const string Images = "images";

    /// <summary>The kind of notices of changed settings and assignments.</summary>
    public const string Set = "set";

    /// <summary>The kind of notices of somebody looking.</summary>
    public const string Presence = "presence";

    // With eleven characters a caption this stays far below the longest notice.
    private const int MostCaptions = 400;

    /// <summary>Who looks, in notices of presence.</summary>
    public ReviewCursor? Cursor { get; init; }

    /// <summary>The topic of an image set's review.</summary>
    public static string Topic(Guid setId) => $"review:{setId}";

    /// <summary>Reads a payload; an empty one says that notices may have been missed.</summary>
    public static ReviewNotice Parse(string payload) => payload.Length == 0
        ? new ReviewNotice(Set, null, null)
        : JsonSerializer.Deserialize<ReviewNotice>(payload, JsonSerializerOptions.Web)!;

    /// <summary>Tells it to all nodes.</summary>
    internal Task PublishAsync(ExperimentFeed feed, Guid setId) => feed.PublishAsync(
        Topic(setId), JsonSerializer.Serialize(Captions?.Count > MostCaptions ? this with { Captions = null } : this, JsonSerializerOptions.Web));
}

/// <summary>Where somebody is looking.</summary>
/// <param name="Session">The open page, since one person may have several.</param>
/// <param name="Name">The person's name.</param>
/// <param name="Caption">The caption, or null when the page is closed.</param>
/// <param name="Image">The image's id, or null.</param>
public sealed record ReviewCursor(string Session, string Name, int? Caption, long? Image);
