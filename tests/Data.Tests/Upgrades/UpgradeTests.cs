using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;
using StableRep.Data.Experiments;
using StableRep.Data.Hosting;
using StableRep.Testing;

namespace StableRep.Data.Tests.Upgrades;

/// <summary>A database of the version before, with everything that people had in it, becomes one of this version.</summary>
public sealed class UpgradeTests(TestCluster cluster)
{
    private const string PreviousVersion = "20261124043106_TrainingStates";

    // One row in every table of that version that people or jobs write.
    private const string Rows =
        """
        INSERT INTO app.users (id, display_name, created_at, user_name, normalized_user_name, email_confirmed, phone_number_confirmed, two_factor_enabled, lockout_enabled, access_failed_count)
        VALUES ('00000000-0000-0000-0000-0000000000a1', 'Ada', '2026-01-02', 'ada', 'ADA', true, false, false, true, 0);
        INSERT INTO app.api_tokens (id, user_id, name, hash, prefix, scopes, created_at)
        VALUES ('00000000-0000-0000-0000-0000000000a2', '00000000-0000-0000-0000-0000000000a1', 'script', '\x00ff', 'srs_ab', '{read}', '2026-01-02');
        INSERT INTO app.audit_entries (at, user_id, user_name, action, target)
        VALUES ('2026-01-02', '00000000-0000-0000-0000-0000000000a1', 'ada', 'launch', 'experiment');
        INSERT INTO app.caption_sets (id, name, sha256, count, source_name, format, empty_count, duplicate_count, over_long_count, owner_id, created_at)
        VALUES ('00000000-0000-0000-0000-0000000000b1', 'two', repeat('a', 64), 2, 'two.txt', 'txt', 1, 0, 0, '00000000-0000-0000-0000-0000000000a1', '2026-01-02');
        INSERT INTO app.captions VALUES ('00000000-0000-0000-0000-0000000000b1', 0, 'a red cube'), ('00000000-0000-0000-0000-0000000000b1', 1, 'ein blauer Würfel');
        INSERT INTO app.caption_problems VALUES ('00000000-0000-0000-0000-0000000000b1', 3, 'empty', '');
        INSERT INTO app.generators (id, name, hash, source, image_size, config, installed_at)
        VALUES ('00000000-0000-0000-0000-0000000000c1', 'pocket', repeat('c', 64), 'bundled', 64, '{"unet": {}}', '2026-01-02');
        INSERT INTO app.image_sets (id, content_key, caption_set_id, generator_id, guidance_scale, images_per_prompt, sampler, steps, seed, negative_prompt, guidance_rescale, caption_count, created_at)
        VALUES ('00000000-0000-0000-0000-0000000000d1', repeat('d', 64), '00000000-0000-0000-0000-0000000000b1', '00000000-0000-0000-0000-0000000000c1', 2.5, 2, 'ddim', 20, 7, '', 0, 2, '2026-01-02');
        INSERT INTO app.shards (id, image_set_id, index, first_caption, caption_count, state, attempt, lost_count, artifact_key, length, finished_at, seconds)
        VALUES ('00000000-0000-0000-0000-0000000000d2', '00000000-0000-0000-0000-0000000000d1', 0, 0, 2, 'done', 1, 0, 'image-sets/d1/000000-1.tar', 4096, '2026-01-02', 1.5);
        INSERT INTO app.images (image_set_id, shard_id, caption_index, image_index, seed, "offset", length)
        SELECT '00000000-0000-0000-0000-0000000000d1', '00000000-0000-0000-0000-0000000000d2', c, i, 7, 512 + 100 * (2 * c + i), 90 FROM generate_series(0, 1) c, generate_series(0, 1) i;
        INSERT INTO app.sweeps (id, name, definition, owner_id, created_at)
        VALUES ('00000000-0000-0000-0000-0000000000e0', 'scales', '{"guidanceScale": [1, 2.5]}', '00000000-0000-0000-0000-0000000000a1', '2026-01-02');
        INSERT INTO app.experiments (id, name, owner_id, state, image_set_id, recipe, priority, tags, notes, sweep_id, attempt, lost_count, last_sequence, created_at, training_state, encoder_key)
        VALUES
            ('00000000-0000-0000-0000-0000000000e1', 'finished', '00000000-0000-0000-0000-0000000000a1', 'draft', '00000000-0000-0000-0000-0000000000d1', '{"method": "stablerep"}', 3, '{paper}', 'kept', '00000000-0000-0000-0000-0000000000e0', 2, 0, 2, '2026-01-02', 'done', 'encoders/e1/2'),
            ('00000000-0000-0000-0000-0000000000e2', 'waiting', NULL, 'draft', '00000000-0000-0000-0000-0000000000d1', '{"method": "simclr"}', 0, '{}', '', NULL, 0, 0, 0, '2026-01-03', 'pending', NULL);
        INSERT INTO app.experiment_events (experiment_id, sequence, kind, payload, at)
        VALUES ('00000000-0000-0000-0000-0000000000e1', 1, 'state', '{"to": "queued"}', '2026-01-02'), ('00000000-0000-0000-0000-0000000000e1', 2, 'log', '{}', '2026-01-02');
        INSERT INTO app.metric_series (experiment_id, name) VALUES ('00000000-0000-0000-0000-0000000000e1', 'train/loss');
        INSERT INTO app.metric_points (series_id, step, value, at) SELECT (SELECT id FROM app.metric_series), step, 1.0 / step, '2026-01-02' FROM generate_series(1, 1000) step;
        INSERT INTO app.probes (id, experiment_id, kind, dataset, state, attempt, lost_count, accuracy, result)
        VALUES ('00000000-0000-0000-0000-0000000000f1', '00000000-0000-0000-0000-0000000000e1', 'linear', 'scenes', 'done', 1, 0, 0.75, '{"top1": 0.75}');
        INSERT INTO app.review_marks (image_id, reviewer_id, verdict, rating, tags, comment, at)
        SELECT min(id), '00000000-0000-0000-0000-0000000000a1', 'approve', 4, '{sharp}', 'good' , '2026-01-02' FROM app.images;
        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_database_of_the_version_before_keeps_every_row_and_value()
    {
        await using var source = NpgsqlDataSource.Create(await cluster.NewEmptyDatabaseAsync());
        await using (var old = StudioStore.Open(source))
        {
            await old.GetService<IMigrator>().MigrateAsync(PreviousVersion, Stop);
        }

        await ExecuteAsync(source, Rows);
        var columns = await ColumnsAsync(source);
        var before = await RowsAsync(source, columns);
        Assert.True(before.Count > 1000, $"{before.Count} rows");
        await StudioStore.MigrateAsync(source, cancellationToken: Stop);
        Assert.Empty(before.Except(await RowsAsync(source, columns)));

        await using var store = StudioStore.Open(source);
        Assert.Empty(await store.Database.GetPendingMigrationsAsync(Stop));
        var experiment = await store.Experiments.Include(row => row.Probes).SingleAsync(row => row.Name == "finished", Stop);
        Assert.Equal(("encoders/e1/2", WorkState.Done, 0.75), (experiment.EncoderKey, experiment.TrainingState, experiment.Probes.Single().Accuracy));
        Assert.Equal(ExperimentState.Draft, experiment.State);
        Assert.Equal(4, await store.Images.CountAsync(Stop));
        Assert.Equal("ein blauer Würfel", (await store.Captions.SingleAsync(row => row.Index == 1, Stop)).Text);
        Assert.Equal(1, await store.ReviewMarks.CountAsync(Stop));
        Assert.Equal("Ada", (await store.Users.SingleAsync(row => row.UserName == "ada", Stop)).DisplayName);
    }

    [Fact]
    public async Task Six_nodes_of_the_new_version_upgrade_a_database_once()
    {
        var connectionString = await cluster.NewEmptyDatabaseAsync();
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using (var old = StudioStore.Open(source))
        {
            await old.GetService<IMigrator>().MigrateAsync(PreviousVersion, Stop);
        }

        await ExecuteAsync(source, Rows);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            await using var node = NpgsqlDataSource.Create(connectionString);
            await StudioStore.MigrateAsync(node, cancellationToken: Stop);
        }));
        await using var store = StudioStore.Open(source);
        Assert.Empty(await store.Database.GetPendingMigrationsAsync(Stop));
        Assert.Equal(2, await store.Experiments.CountAsync(Stop));
    }

    private static async Task<List<(string Table, string Columns)>> ColumnsAsync(NpgsqlDataSource source) => await PairsAsync(
        source,
        "SELECT table_name::text, string_agg(quote_ident(column_name), ',' ORDER BY column_name) FROM information_schema.columns " +
        "WHERE table_schema = 'app' AND table_name <> '__ef_migrations' GROUP BY table_name");

    /// <summary>Every row of some columns as text, with its table.</summary>
    private static async Task<HashSet<(string Table, string Row)>> RowsAsync(NpgsqlDataSource source, List<(string Table, string Columns)> columns)
    {
        var rows = new HashSet<(string, string)>();
        foreach (var (table, names) in columns)
        {
            rows.UnionWith(await PairsAsync(source, $"SELECT '{table}', ROW({names})::text FROM app.{table}"));
        }

        return rows;
    }

    private static async Task<List<(string, string)>> PairsAsync(NpgsqlDataSource source, string sql)
    {
        var pairs = new List<(string, string)>();
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Stop);
        while (await reader.ReadAsync(Stop))
        {
            pairs.Add((reader.GetString(0), reader.GetString(1)));
        }

        return pairs;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Stop);
    }
}
