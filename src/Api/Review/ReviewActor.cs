namespace StableRep.Api.Review;

/// <summary>Who does something that not every reviewer may do.</summary>
/// <param name="Id">The person.</param>
/// <param name="IsAdmin">Whether the person is an administrator.</param>
public sealed record ReviewActor(Guid Id, bool IsAdmin);
