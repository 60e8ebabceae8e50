using StableRep.Api.Review;
using StableRep.Data.Review;

namespace StableRep.Api.Http.Examples;

/// <summary>Examples of reviews.</summary>
internal static class ReviewExamples
{
    /// <summary>One object of each type.</summary>
    public static IEnumerable<object> All =>
    [
        new ReviewMarkChange { ImageIds = [7, 8], Verdict = "reject", Rating = 2, AddTags = ["blurry"], Comment = "The wheel is missing." },
        new ReviewChanged([1]),
        new NewReviewResolution([7], Verdict.Reject),
        new NewReviewSettings(true),
        new NewReviewAssignment { Ranges = [new CaptionRange(0, 500)], ReviewerIds = [ExampleThings.Person, ExampleThings.Other], Divide = true },
        new NewRegeneration([7]),
        new RegenerationAnswer(1),
    ];
}
