using Npgsql;
using StableRep.Data.Experiments;
using StableRep.Data.Metrics;
using StableRep.Testing;

namespace StableRep.Data.Tests.Experiments;

public sealed class ExperimentLogTests(TestCluster cluster) : StoreTest(cluster)
{
    private ExperimentLog Log => new(Source, TimeProvider.System);

    [Fact]
    public async Task Events_of_many_writers_are_numbered_without_gaps_in_the_order_a_reader_sees_them()
    {
        var experiment = await AddExperimentAsync();
        var seen = new List<long>();
        var writers = Task.WhenAll(Enumerable.Range(0, 8).Select(async writer =>
        {
            for (var i = 0; i < 20; i++)
            {
                await Log.AppendAsync(experiment.Id, null, [Event("log", writer), Event("log", i)], [], Stop);
            }
        }));
        while (seen.Count < 320)
        {
            await foreach (var entry in Log.ReadAsync(experiment.Id, seen.LastOrDefault(), cancellationToken: Stop))
            {
                seen.Add(entry.Sequence);
            }

            if (writers.IsFaulted)
            {
                await writers;
            }
        }

        await writers;
        Assert.Equal(Enumerable.Range(1, 320).Select(i => (long)i), seen);
    }

    [Fact]
    public async Task A_writer_with_an_old_attempt_writes_nothing()
    {
        var experiment = await AddExperimentAsync();
        await ExecuteAsync("UPDATE app.experiments SET attempt = 2");
        await Assert.ThrowsAsync<FencedException>(() =>
            Log.AppendAsync(experiment.Id, 1, [Event("log", 1)], [Point("train/loss", 1, 0.5)], Stop));
        Assert.Equal(0, await ScalarAsync<long>("SELECT (SELECT count(*) FROM app.experiment_events) + (SELECT count(*) FROM app.metric_points)"));

        Assert.Equal(1, await Log.AppendAsync(experiment.Id, 2, [Event("log", 1)], [Point("train/loss", 1, 0.5)], Stop));
    }

    [Fact]
    public async Task A_resumed_run_overwrites_its_points()
    {
        var experiment = await AddExperimentAsync();
        await Log.AppendAsync(experiment.Id, null, [], [Point("train/loss", 1, 5), Point("train/loss", 2, 4), Point("train/loss", 2, 3)], Stop);
        await Log.AppendAsync(experiment.Id, null, [], [Point("train/loss", 2, 2), Point("train/loss", 3, 1)], Stop);
        var curve = await new MetricCurves(Source).BucketsAsync(experiment.Id, "train/loss", 10, cancellationToken: Stop);
        Assert.Equal([(1L, 5d), (2L, 2d), (3L, 1d)], curve.Select(bucket => (bucket.LastStep, bucket.Last)));
    }

    [Fact]
    public async Task A_committed_batch_is_announced()
    {
        var experiment = await AddExperimentAsync();
        await using var connection = await Source.OpenConnectionAsync(Stop);
        await using (var listen = new NpgsqlCommand($"LISTEN {ExperimentLog.Channel}", connection))
        {
            await listen.ExecuteNonQueryAsync(Stop);
        }

        string? notice = null;
        connection.Notification += (_, announcement) => notice = announcement.Payload;
        await Log.AppendAsync(experiment.Id, null, [Event("log", 1), Event("log", 2)], [], Stop);
        await connection.WaitAsync(Stop);
        Assert.Equal((experiment.Id, 2), ExperimentLog.ParseNotice(notice!));
    }

    private static NewEvent Event(string kind, int number) => new(kind, $$"""{"number": {{number}}}""");

    private static MetricSample Point(string series, long step, double value) => new(series, step, value, TimeProvider.System.GetUtcNow());
}
