using Npgsql;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Engine.Training;

namespace StableRep.Api.Jobs;

/// <summary>Writes down for people, in the logs of the experiments that want a unit of work, which worker has it and what became of it.</summary>
internal sealed class WorkJournal(NpgsqlDataSource source, ExperimentLog log)
{
    private static readonly string Here = $"{Environment.MachineName}:{Environment.ProcessId}";

    /// <summary>The experiments that want the work now.</summary>
    public async Task<IReadOnlyList<Guid>> ExperimentsAsync(WorkUnit unit, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(unit.Experiments + " ORDER BY 1");
        command.Parameters.Add(new() { Value = unit.Id });
        var ids = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }

    /// <summary>This process has begun. Shards are many: of these only repeated attempts are worth a line.</summary>
    public Task BegunAsync(WorkClaim claim, CancellationToken cancellationToken) => claim is { Unit.Kind: WorkKind.Shard, Attempt: 1 }
        ? Task.CompletedTask
        : WriteAsync(claim.Unit, RunLogLevel.Information, $"{claim.Unit.Name} begins on {Here}, attempt {claim.Attempt}.", cancellationToken);

    /// <summary>The work broke off and is tried again, if not too often.</summary>
    public Task LostAsync(WorkClaim claim, string reason) =>
        WriteAsync(claim.Unit, RunLogLevel.Warning, $"{claim.Unit.Name}, attempt {claim.Attempt}, broke off: {reason}", CancellationToken.None);

    /// <summary>The work cannot be done.</summary>
    public Task FailedAsync(WorkClaim claim, string reason) =>
        WriteAsync(claim.Unit, RunLogLevel.Error, $"{claim.Unit.Name}, attempt {claim.Attempt}, failed: {reason}", CancellationToken.None);

    private async Task WriteAsync(WorkUnit unit, RunLogLevel level, string message, CancellationToken cancellationToken)
    {
        foreach (var experiment in await ExperimentsAsync(unit, cancellationToken))
        {
            try
            {
                await log.AppendAsync(experiment, null, [RunEvents.Log(level, message)], [], cancellationToken);
            }
            catch (FencedException)
            {
                // Deleted at this very moment: nobody reads its log any more.
            }
        }
    }
}
