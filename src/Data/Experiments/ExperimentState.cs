namespace StableRep.Data.Experiments;

/// <summary>Where an experiment stands.</summary>
public enum ExperimentState
{
    /// <summary>Written down, not launched.</summary>
    Draft,

    /// <summary>Launched; its next stage waits for a worker.</summary>
    Queued,

    /// <summary>Its image set is being generated.</summary>
    Generating,

    /// <summary>Its encoder is being trained.</summary>
    Training,

    /// <summary>Its encoder is being probed.</summary>
    Probing,

    /// <summary>Stopped by a person; goes on where it was.</summary>
    Paused,

    /// <summary>Stopped by a person for good; may be retried.</summary>
    Cancelled,

    /// <summary>Stopped by an error; may be retried.</summary>
    Failed,

    /// <summary>Everything is done.</summary>
    Done,
}

/// <summary>The states' legal edges. The database enforces the same table with a trigger.</summary>
public static class ExperimentStates
{
    private static readonly Dictionary<ExperimentState, ExperimentState[]> Edges = new()
    {
        [ExperimentState.Draft] = [ExperimentState.Queued],
        [ExperimentState.Queued] =
            [ExperimentState.Generating, ExperimentState.Training, ExperimentState.Probing, ExperimentState.Paused, ExperimentState.Cancelled, ExperimentState.Failed],
        [ExperimentState.Generating] =
            [ExperimentState.Queued, ExperimentState.Training, ExperimentState.Paused, ExperimentState.Cancelled, ExperimentState.Failed],
        [ExperimentState.Training] =
            [ExperimentState.Queued, ExperimentState.Probing, ExperimentState.Done, ExperimentState.Paused, ExperimentState.Cancelled, ExperimentState.Failed],
        [ExperimentState.Probing] =
            [ExperimentState.Queued, ExperimentState.Done, ExperimentState.Paused, ExperimentState.Cancelled, ExperimentState.Failed],
        [ExperimentState.Paused] = [ExperimentState.Queued, ExperimentState.Cancelled],
        [ExperimentState.Cancelled] = [ExperimentState.Queued],
        [ExperimentState.Failed] = [ExperimentState.Queued],
        [ExperimentState.Done] = [ExperimentState.Queued],
    };

    /// <summary>Every legal edge. From done an experiment is queued again when a probe is added to it.</summary>
    public static IEnumerable<(ExperimentState From, ExperimentState To)> All => Edges.SelectMany(edge => edge.Value.Select(to => (edge.Key, to)));

    /// <summary>Whether an experiment may go from one state to another.</summary>
    public static bool MayBecome(this ExperimentState from, ExperimentState to) => Edges[from].Contains(to);

    /// <summary>
    /// The shortest way from one state to another over active states, without the first and with the last; null where there is none. Work
    /// that is found done, such as an image set that another experiment has made, is passed through stage by stage.
    /// </summary>
    public static IReadOnlyList<ExperimentState>? PathTo(this ExperimentState from, ExperimentState to)
    {
        var paths = new Queue<ExperimentState[]>([[from]]);
        var seen = new HashSet<ExperimentState> { from };
        while (paths.TryDequeue(out var path))
        {
            if (path[^1].MayBecome(to))
            {
                return [.. path[1..], to];
            }

            foreach (var next in Edges[path[^1]].Where(next => next.IsActive() && seen.Add(next)))
            {
                paths.Enqueue([.. path, next]);
            }
        }

        return null;
    }

    /// <summary>Whether a worker is, or should soon be, at work on it.</summary>
    public static bool IsActive(this ExperimentState state) =>
        state is ExperimentState.Queued or ExperimentState.Generating or ExperimentState.Training or ExperimentState.Probing;
}
