using StableRep.Data.Playground;

namespace StableRep.Api.Playground;

/// <summary>A preview as it stands.</summary>
/// <param name="Id">The preview's id.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Failure">Why it failed, or null.</param>
/// <param name="Request">What was asked for.</param>
/// <param name="Images">Every image, in the order in which they are made.</param>
/// <param name="Measures">What was measured so far.</param>
/// <param name="CreatedAt">When it was asked for.</param>
public sealed record PreviewView(
    Guid Id,
    PreviewState State,
    string? Failure,
    NewPreview Request,
    IReadOnlyList<PreviewImage> Images,
    IReadOnlyList<PreviewMeasure> Measures,
    DateTimeOffset CreatedAt)
{
    /// <summary>Whether nothing more will come.</summary>
    public bool IsOver => State is not (PreviewState.Pending or PreviewState.Running);
}

/// <summary>One image of a preview, there or yet to come.</summary>
/// <param name="Cell">Which one it is.</param>
/// <param name="Address">Its file's address once it is there, or null.</param>
public sealed record PreviewImage(PreviewCell Cell, string? Address);
