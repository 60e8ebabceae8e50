using Hangfire;

namespace StableRep.Api.Jobs;

/// <summary>Hangfire's queue as the dispatcher sees it. It is kept shallow, and what it says is a hint: the store is the truth.</summary>
internal sealed class JobQueue(JobStorage storage, IBackgroundJobClient client, TimeProvider clock)
{
    /// <summary>The queue of what needs a device.</summary>
    public const string Gpu = "gpu";

    /// <summary>The queue of what somebody looks at and waits for. Its worker shares the device with the other queue's.</summary>
    public const string Preview = "preview";

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(90);

    /// <summary>The devices whose workers were heard of lately.</summary>
    public int LiveWorkers()
    {
        var since = clock.GetUtcNow().UtcDateTime - Silence;
        return storage.GetMonitoringApi().Servers()
            .Where(server => server.Queues.Contains(Gpu) && (server.Heartbeat ?? server.StartedAt) > since)
            .Sum(server => server.WorkersCount);
    }

    /// <summary>The work that waits for a worker.</summary>
    public IReadOnlySet<WorkUnit> Waiting() => storage.GetMonitoringApi().EnqueuedJobs(Gpu, 0, 1000)
        .Select(job => job.Value?.Job is { Args: [Guid id, ..] } known && KindOf(known.Type) is { } kind ? new WorkUnit(kind, id) : (WorkUnit?)null)
        .OfType<WorkUnit>()
        .ToHashSet();

    /// <summary>Puts work in the queue. Only its id travels.</summary>
    public void Enqueue(WorkUnit unit)
    {
        switch (unit.Kind)
        {
            case WorkKind.Shard:
                client.Enqueue<GenerateShardJob>(job => job.RunAsync(unit.Id, CancellationToken.None));
                break;
            case WorkKind.Training:
                client.Enqueue<TrainJob>(job => job.RunAsync(unit.Id, CancellationToken.None));
                break;
            default:
                client.Enqueue<ProbeJob>(job => job.RunAsync(unit.Id, CancellationToken.None));
                break;
        }
    }

    private static WorkKind? KindOf(Type job) => job switch
    {
        _ when job == typeof(GenerateShardJob) => WorkKind.Shard,
        _ when job == typeof(TrainJob) => WorkKind.Training,
        _ when job == typeof(ProbeJob) => WorkKind.Probe,
        _ => null,
    };
}
