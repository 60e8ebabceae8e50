using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using StableRep.Api.Http;
using StableRep.Api.Http.Lists;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Data.Sweeps;

namespace StableRep.Api.Sweeps;

/// <summary>Reads sweeps with where their experiments stand.</summary>
internal sealed class SweepReader(IDbContextFactory<StudioDbContext> stores, NpgsqlDataSource source)
{
    private static readonly ListFields<Sweep> Fields = new ListFields<Sweep>(sweep => sweep.Id)
        .Add("name", sweep => sweep.Name)
        .Add("created_at", sweep => sweep.CreatedAt)
        .Add("owner_id", sweep => sweep.OwnerId);

    // Of an experiment's time, roughly: what is left of a stage counts as its own share.
    private const double GenerationShare = 0.4;
    private const double TrainingShare = 0.5;

    /// <summary>A page of sweeps, the newest first.</summary>
    public async Task<IReadOnlyList<SweepSummary>> ListAsync(Guid? before, int count, CancellationToken cancellationToken)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var query = store.Sweeps.AsNoTracking();
        if (before is { } last)
        {
            query = query.Where(sweep => sweep.Id < last);
        }

        var sweeps = await query.OrderByDescending(sweep => sweep.Id).Take(count).ToListAsync(cancellationToken);
        return await SummariesAsync(store, sweeps, cancellationToken);
    }

    /// <summary>A page of sweeps by a query.</summary>
    public async Task<Page<SweepSummary>> ListAsync(ListReader lists, ListQuery query, CancellationToken cancellationToken)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var page = await lists.ReadAsync(store.Sweeps.AsNoTracking(), Fields, query, cancellationToken);
        return new Page<SweepSummary>(await SummariesAsync(store, page.Items, cancellationToken), page.NextPageToken);
    }

    private static async Task<IReadOnlyList<SweepSummary>> SummariesAsync(StudioDbContext store, IReadOnlyList<Sweep> sweeps, CancellationToken cancellationToken)
    {
        var ids = sweeps.Select(sweep => (Guid?)sweep.Id).ToList();
        var states = await store.Experiments.Where(row => ids.Contains(row.SweepId)).GroupBy(row => new { row.SweepId, row.State })
            .Select(group => new { group.Key.SweepId, group.Key.State, Count = group.Count() }).ToListAsync(cancellationToken);
        return
        [
            .. sweeps.Select(sweep => new SweepSummary(
                sweep.Id, sweep.Name, sweep.OwnerId, sweep.CreatedAt, SweepDefinition.Parse(sweep.Definition).Axes,
                states.Where(row => row.SweepId == sweep.Id).ToDictionary(row => row.State, row => row.Count))),
        ];
    }

    /// <summary>One sweep.</summary>
    /// <exception cref="MissingException">There is no such sweep.</exception>
    public async Task<SweepDetails> GetAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var sweep = await store.Sweeps.AsNoTracking().SingleOrDefaultAsync(row => row.Id == id, cancellationToken) ?? throw new MissingException("sweep", id);
        var definition = SweepDefinition.Parse(sweep.Definition);
        var experiments = await store.Experiments.AsNoTracking().Include(row => row.Probes).Where(row => row.SweepId == id)
            .ToDictionaryAsync(row => row.Id, cancellationToken);
        var progress = await ProgressAsync(id, cancellationToken);
        return new SweepDetails(
            sweep.Id, sweep.Name, sweep.OwnerId, sweep.CreatedAt, definition.Request, definition.Axes,
            [.. definition.Cells.Select(cell => Cell(cell, experiments.GetValueOrDefault(cell.ExperimentId), progress))]);
    }

    private static SweepCell Cell(SweepDefinition.Cell cell, Experiment? experiment, Dictionary<Guid, double> progress) => new(
        cell.Coordinates,
        cell.ExperimentId,
        experiment?.State,
        experiment?.StateReason,
        experiment is null ? 0 : experiment.State == ExperimentState.Done ? 1 : progress.GetValueOrDefault(experiment.Id),
        [.. (experiment?.Probes ?? []).OrderBy(probe => probe.Kind).ThenBy(probe => probe.Dataset, StringComparer.Ordinal)
            .Select(probe => new SweepProbe(probe.Kind, probe.Dataset, probe.State, probe.Accuracy))]);

    /// <summary>The share that is done of each experiment: of its shards, of its training by the last word of its worker, of its probes.</summary>
    private async Task<Dictionary<Guid, double>> ProgressAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            SELECT e.id, e.training_state, s.done / greatest(s.total, 1)::float8, p.done / greatest(p.total, 1)::float8, l.payload
            FROM app.experiments e
            CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE state = 'done') AS done, count(*) AS total FROM app.shards WHERE image_set_id = e.image_set_id) s
            CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE state = 'done') AS done, count(*) AS total FROM app.probes WHERE experiment_id = e.id) p
            LEFT JOIN LATERAL (
                SELECT payload FROM app.experiment_events
                WHERE experiment_id = e.id AND kind = 'progress' AND e.training_state = 'running' ORDER BY sequence DESC LIMIT 1) l ON true
            WHERE e.sweep_id = $1
            """);
        command.Parameters.Add(new() { Value = id });
        var progress = new Dictionary<Guid, double>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var training = reader.GetString(1) == "done" ? 1 : reader.IsDBNull(4) ? 0 : Share(reader.GetString(4));
            progress[reader.GetGuid(0)] = (GenerationShare * reader.GetDouble(2)) + (TrainingShare * training)
                + ((1 - GenerationShare - TrainingShare) * reader.GetDouble(3));
        }

        return progress;
    }

    private static double Share(string payload)
    {
        using var document = JsonDocument.Parse(payload);
        return document.RootElement.TryGetProperty("done", out var done) && document.RootElement.TryGetProperty("total", out var total) && total.GetDouble() > 0
            ? Math.Clamp(done.GetDouble() / total.GetDouble(), 0, 1)
            : 0;
    }
}
