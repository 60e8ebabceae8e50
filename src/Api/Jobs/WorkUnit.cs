using System.Globalization;

namespace StableRep.Api.Jobs;

/// <summary>What one job does.</summary>
internal enum WorkKind
{
    /// <summary>Generates one shard of an image set.</summary>
    Shard,

    /// <summary>Trains one experiment's encoder.</summary>
    Training,

    /// <summary>Evaluates one experiment's encoder.</summary>
    Probe,
}

/// <summary>One unit of work: a shard, the training of an experiment, or a probe. All three have the same columns under their own names.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Id">The shard's, the experiment's or the probe's id.</param>
internal readonly record struct WorkUnit(WorkKind Kind, Guid Id)
{
    /// <summary>The name of its lease.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Kind switch { WorkKind.Shard => "shard", WorkKind.Training => "training", _ => "probe" }}/{Id}");

    /// <summary>The table of its row.</summary>
    public string Table => Kind switch { WorkKind.Shard => "app.shards", WorkKind.Training => "app.experiments", _ => "app.probes" };

    /// <summary>The column of its state.</summary>
    public string StateColumn => Kind == WorkKind.Training ? "training_state" : "state";

    /// <summary>The column of its failure.</summary>
    public string FailureColumn => Kind == WorkKind.Training ? "training_failure" : "failure";

    /// <summary>A query of the experiments that want it, given its id as <c>$1</c>.</summary>
    public string Experiments => Kind switch
    {
        WorkKind.Shard => "SELECT e.id FROM app.experiments e JOIN app.shards s ON s.image_set_id = e.image_set_id WHERE s.id = $1 AND e.state IN " + Active,
        WorkKind.Training => "SELECT e.id FROM app.experiments e WHERE e.id = $1 AND e.state IN " + Active,
        _ => "SELECT e.id FROM app.experiments e JOIN app.probes p ON p.experiment_id = e.id WHERE p.id = $1 AND e.state IN " + Active,
    };

    /// <summary>Whether it is to be done, as SQL, given its id as <c>$1</c>: replacements of rejected images are wanted by whoever asked for them.</summary>
    public string IsWanted => Kind == WorkKind.Shard
        ? $"(EXISTS ({Experiments}) OR EXISTS (SELECT FROM app.shards r WHERE r.id = $1 AND r.regenerates))"
        : $"EXISTS ({Experiments})";

    /// <summary>The states in which an experiment wants work to be done, as SQL.</summary>
    public const string Active = "('queued', 'generating', 'training', 'probing')";
}
