using System.Collections.Concurrent;
using System.Reflection;
using Npgsql;
using StableRep.Api.Experiments;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Engine.Runtime;

namespace StableRep.Api.Jobs;

/// <summary>Writes down with experiments where and with what this worker computes for them: once for each kind of work, however many units it has.</summary>
internal sealed class WorkEnvironments(NpgsqlDataSource source, ExperimentLog log, WorkJournal journal, EngineHost engine, TimeProvider clock)
{
    private static readonly string[] Version =
        typeof(WorkEnvironments).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+', 2);

    private readonly ConcurrentDictionary<(Guid Experiment, WorkKind Kind), bool> _told = new();

    /// <summary>Work begins here.</summary>
    public async Task RecordAsync(WorkClaim claim, CancellationToken cancellationToken)
    {
        foreach (var experiment in await journal.ExperimentsAsync(claim.Unit, cancellationToken))
        {
            if (_told.ContainsKey((experiment, claim.Unit.Kind)))
            {
                continue;
            }

            try
            {
                await RecordAsync(experiment, claim.Unit.Kind, cancellationToken);
                _told[(experiment, claim.Unit.Kind)] = true;
            }
            catch (FencedException)
            {
                // Deleted at this very moment.
            }
        }
    }

    private async Task RecordAsync(Guid experiment, WorkKind kind, CancellationToken cancellationToken)
    {
        var machine = MachineFacts.Of(engine.Device);
        var entry = RunEvents.Environment(new RunEnvironment
        {
            Work = kind switch { WorkKind.Shard => "generation", WorkKind.Training => "training", _ => "probe" },
            At = clock.GetUtcNow(),
            Node = Environment.MachineName,
            Version = Version[0],
            Commit = Version.ElementAtOrDefault(1),
            Dotnet = machine.Dotnet,
            Libtorch = machine.Libtorch,
            Device = machine.Device,
            DeviceName = machine.DeviceName,
            Precision = machine.Precision,
            System = machine.System,
            Architecture = machine.Architecture,
            Processors = machine.Processors,
            Threads = machine.Threads,
            Seed = await SeedAsync(experiment, kind, cancellationToken),
        });

        // A worker that was started again, or one beside it, says nothing new.
        await using var known = source.CreateCommand(
            "SELECT 1 FROM app.experiment_events WHERE experiment_id = $1 AND kind = $2 AND payload - 'at' = $3::jsonb - 'at'");
        known.Parameters.Add(new() { Value = experiment });
        known.Parameters.Add(new() { Value = entry.Kind });
        known.Parameters.Add(new() { Value = entry.Payload });
        if (await known.ExecuteScalarAsync(cancellationToken) is null)
        {
            await log.AppendAsync(experiment, null, [entry], [], cancellationToken);
        }
    }

    private async Task<string?> SeedAsync(Guid experiment, WorkKind kind, CancellationToken cancellationToken)
    {
        if (kind == WorkKind.Probe)
        {
            return null;
        }

        await using var command = source.CreateCommand(
            $"SELECT {(kind == WorkKind.Training ? "coalesce(e.recipe ->> 'seed', '0')" : "s.seed::text")} FROM app.experiments e JOIN app.image_sets s ON s.id = e.image_set_id WHERE e.id = $1");
        command.Parameters.Add(new() { Value = experiment });
        return (string?)await command.ExecuteScalarAsync(cancellationToken);
    }
}
