using StableRep.Web.Shared;

namespace StableRep.Web.Experiments;

/// <summary>What became of something that was done with many experiments.</summary>
/// <param name="Action">What was done, such as <c>Cancel</c>.</param>
/// <param name="Done">How many it was done with.</param>
/// <param name="Problems">Those that stayed as they were, each with the reason.</param>
public sealed record BulkOutcome(string Action, int Done, IReadOnlyList<BulkProblem> Problems)
{
    /// <summary>The outcome in words.</summary>
    public string Text => Problems.Count == 0
        ? $"{Action}: done with {Words.Count(Done, "experiment")}."
        : $"{Action}: done with {Words.Count(Done, "experiment")}; {Words.Count(Problems.Count, "experiment was", "experiments were")} left as before.";
}

/// <summary>An experiment that stayed as it was.</summary>
/// <param name="Id">The experiment.</param>
/// <param name="Name">Its name.</param>
/// <param name="Reason">Why.</param>
public sealed record BulkProblem(Guid Id, string Name, string Reason);
