using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Jobs;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Data.Metrics;
using StableRep.Testing;

namespace StableRep.Api.Tests.Jobs;

public sealed class DoubleFetchTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_training_job_that_is_set_free_while_it_runs_has_one_writer_and_the_first_one_writes_nothing_more()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        using var second = studio.AnotherWorker();
        await studio.StartAsync();
        await second.StartAsync(Stop);
        var experiment = await studio.Experiments.CreateAsync(studio.Wanted("twice", epochs: 300), cancellationToken: Stop);
        await studio.Experiments.LaunchAsync(experiment.Id, Stop);
        await studio.ReachAsync(experiment.Id, ExperimentState.Training, Stop);

        // The queue hands the job out again: the other worker finds the lease taken and leaves at once, which ends the queue's row.
        await UntilAsync(studio, "SELECT count(*) = 1 FROM hangfire.jobqueue WHERE fetchedat IS NOT NULL");
        await ExecuteAsync(studio, "UPDATE hangfire.jobqueue SET fetchedat = NULL");
        await UntilAsync(studio, "SELECT count(*) = 0 FROM hangfire.jobqueue");
        Assert.Equal(1, (await studio.Experiments.GetAsync(experiment.Id, Stop)).Attempt);

        // The store's row is set free: whoever takes it next has a higher attempt.
        await ExecuteAsync(studio, "UPDATE app.experiments SET training_state = 'pending'");
        await UntilAsync(studio, "SELECT attempt = 2 FROM app.experiments");
        var stale = new WorkClaim(new WorkUnit(WorkKind.Training, experiment.Id), 1);
        var log = studio.Services.GetRequiredService<ExperimentLog>();
        await Assert.ThrowsAsync<FencedException>(() => stale.IsWantedAsync(studio.Database.Source, Stop));
        await Assert.ThrowsAsync<FencedException>(() => log.AppendAsync(experiment.Id, 1, [new NewEvent("log", "{}")], [], Stop));
        await using (var connection = await studio.Database.Source.OpenConnectionAsync(Stop))
        {
            await Assert.ThrowsAsync<FencedException>(() => stale.HoldAsync(connection, Stop));
        }

        var done = await studio.ReachAsync(experiment.Id, ExperimentState.Done, Stop);
        Assert.Equal((2, 0), (done.Attempt, done.LostCount));
        var points = await studio.Services.GetRequiredService<MetricCurves>().PointsAsync(experiment.Id, "train/loss", Stop).ToListAsync(Stop);
        Assert.Equal(Enumerable.Range(1, 900).Select(step => (long)step), points.Select(point => point.Step));
        await second.StopAsync(Stop);
    }

    private static async Task UntilAsync(StudioUnderTest studio, string condition)
    {
        for (var start = TimeProvider.System.GetTimestamp(); ;)
        {
            await using (var command = studio.Database.Source.CreateCommand(condition))
            {
                if (await command.ExecuteScalarAsync(Stop) is true)
                {
                    return;
                }
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(60), $"Not so after a minute: {condition}");
            await Task.Delay(20, Stop);
        }
    }

    private static async Task ExecuteAsync(StudioUnderTest studio, string sql)
    {
        await using var command = studio.Database.Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Stop);
    }
}
