using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Experiments;
using StableRep.Api.Http;
using StableRep.Api.Jobs;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Data.Hosting;
using StableRep.Data.Metrics;
using StableRep.Data.Probes;
using StableRep.Testing;

namespace StableRep.Api.Tests.Experiments;

public sealed class ExperimentJobsTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_experiments_go_from_captions_to_probes_and_share_images_made_once()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var first = await studio.Experiments.CreateAsync(studio.Wanted("first"), cancellationToken: Stop);
        var second = await studio.Experiments.CreateAsync(studio.Wanted("second"), cancellationToken: Stop);
        Assert.Equal(first.ImageSetId, second.ImageSetId);
        var plan = await studio.Experiments.PlanAsync(first.Id, Stop);
        Assert.Equal((24L, 24L, 2, 6L, null), (plan.Images, plan.MissingImages, plan.MissingShards, plan.Steps, plan.Refusal));
        await studio.StartAsync();
        await studio.Experiments.LaunchAsync(first.Id, Stop);
        await studio.Experiments.LaunchAsync(second.Id, Stop);
        foreach (var id in (Guid[])[first.Id, second.Id])
        {
            var done = await studio.ReachAsync(id, ExperimentState.Done, Stop);
            Assert.InRange(Assert.Single(done.Probes).Accuracy!.Value, 0, 1);
            var points = await studio.Services.GetRequiredService<MetricCurves>().PointsAsync(id, "train/loss", Stop).ToListAsync(Stop);
            Assert.Equal([1, 2, 3, 4, 5, 6], points.Select(point => point.Step));
            var events = await studio.Services.GetRequiredService<ExperimentLog>().ReadAsync(id, 0, cancellationToken: Stop).ToListAsync(Stop);
            Assert.Equal(Enumerable.Range(1, events.Count).Select(number => (long)number), events.Select(entry => entry.Sequence));
            Assert.Contains(events, entry => entry.Kind == "probe");
        }

        await using var store = StudioStore.Open(studio.Database.Source);
        Assert.Equal(24, await store.Images.CountAsync(Stop));
        Assert.All(await store.Shards.ToListAsync(Stop), shard => Assert.Equal((WorkState.Done, 1), (shard.State, shard.Attempt)));
        Assert.Equal(0, (await studio.Experiments.PlanAsync(first.Id, Stop)).MissingImages);
    }

    [Fact]
    public async Task A_run_leaves_behind_what_it_was_computed_with_and_which_captions_each_step_trained_on()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var wanted = studio.Wanted("remembered", epochs: 4);
        var experiment = await studio.Experiments.CreateAsync(wanted with { Recipe = wanted.Recipe with { Seed = 9 } }, cancellationToken: Stop);
        await studio.StartAsync();
        await studio.Experiments.LaunchAsync(experiment.Id, Stop);
        var done = await studio.ReachAsync(experiment.Id, ExperimentState.Done, Stop);

        var environments = await studio.Services.GetRequiredService<RunEnvironmentReader>().ReadAsync(done.Id, Stop);
        Assert.Equal([("generation", "5"), ("training", "9"), ("probe", null)], environments.Select(one => (one.Work, one.Seed)));
        Assert.All(environments, one =>
        {
            Assert.Equal((Environment.MachineName, "cpu", "fp32", Environment.ProcessorCount), (one.Node, one.Device, one.Precision, one.Processors));
            Assert.StartsWith(".NET 10.", one.Dotnet, StringComparison.Ordinal);
            Assert.Matches("^[0-9]+[.][0-9]+[.][0-9]+", one.Libtorch);
            Assert.Matches("^[0-9]+[.][0-9]+[.][0-9]+$", one.Version);
            Assert.True(one.Threads >= 1);
        });

        // The store has each caption's loss at two steps, as the training told it: both must be steps whose batch holds the caption.
        var steps = studio.Services.GetRequiredService<StepCaptionReader>();
        var losses = await studio.Services.GetRequiredService<CaptionLossTable>().HighestAsync(done.Id, CaptionLossOrder.Peak, 100, cancellationToken: Stop);
        Assert.Equal(12, losses.Count);
        foreach (var loss in losses)
        {
            Assert.Contains(loss.CaptionIndex, (await steps.ReadAsync(done, loss.Step, loss.Step, Stop)).Captions);
            Assert.Contains(loss.CaptionIndex, (await steps.ReadAsync(done, loss.PeakStep, loss.PeakStep, Stop)).Captions);
        }

        Assert.Equal(4, (await steps.ReadAsync(done, 7, 7, Stop)).Captions.Count);
        Assert.Equal(12, (await steps.ReadAsync(done, 1, long.MaxValue, Stop)).Captions.Count);
    }

    [Fact]
    public async Task A_linear_probe_stands_beside_its_baselines_each_with_curves_of_its_own()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        ProbeKind[] kinds = [ProbeKind.Linear, ProbeKind.RandomInit, ProbeKind.RawPixels];
        var wanted = studio.Wanted("baselines") with { Probes = [.. kinds.Select(kind => new NewProbe(kind, "few-objects"))] };
        var experiment = await studio.Experiments.CreateAsync(wanted, cancellationToken: Stop);
        await studio.StartAsync();
        await studio.Experiments.LaunchAsync(experiment.Id, Stop);
        var done = await studio.ReachAsync(experiment.Id, ExperimentState.Done, Stop);
        Assert.Equal(kinds.Order(), done.Probes.Select(probe => probe.Kind).Order());
        Assert.All(done.Probes, probe => Assert.InRange(probe.Accuracy!.Value, 0, 1));
        var series = await studio.Services.GetRequiredService<MetricCurves>().NamesAsync(experiment.Id, Stop);
        Assert.All(
            ["linear", "random_init", "raw_pixels"],
            kind => Assert.Contains(series, name => name.StartsWith($"probe/few-objects/{kind}/held-out-accuracy/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_paused_experiment_goes_on_where_it_was_and_a_cancelled_one_stops()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var experiment = await studio.Experiments.CreateAsync(studio.Wanted("long", epochs: 2000), cancellationToken: Stop);
        await studio.StartAsync();
        await studio.Experiments.LaunchAsync(experiment.Id, Stop);
        await studio.ReachAsync(experiment.Id, ExperimentState.Training, Stop);
        await studio.Experiments.PauseAsync(experiment.Id, Stop);
        Assert.Equal(ExperimentState.Paused, (await StoppedAsync(studio, experiment.Id)).State);
        await studio.Experiments.ResumeAsync(experiment.Id, Stop);
        var resumed = await studio.ReachAsync(experiment.Id, ExperimentState.Training, Stop);
        Assert.Equal(2, resumed.Attempt);
        await Assert.ThrowsAsync<ConflictException>(() => studio.Experiments.DeleteAsync(experiment.Id, Stop));
        await studio.Experiments.CancelAsync(experiment.Id, Stop);
        await StoppedAsync(studio, experiment.Id);
        await Assert.ThrowsAsync<IllegalTransitionException>(() => studio.Experiments.PauseAsync(experiment.Id, Stop));
        await studio.Experiments.DeleteAsync(experiment.Id, Stop);
        await using var store = StudioStore.Open(studio.Database.Source);
        Assert.Equal((0, 0), (await store.ImageSets.CountAsync(Stop), await store.Images.CountAsync(Stop)));
    }

    [Fact]
    public async Task A_running_shard_has_one_worker_and_a_stale_attempt_writes_nothing()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var experiment = await studio.Experiments.CreateAsync(studio.Wanted("fenced"), cancellationToken: Stop);
        await studio.Experiments.LaunchAsync(experiment.Id, Stop);
        var source = studio.Database.Source;
        var unit = (await Dispatcher.CandidatesAsync(source, 1, Stop))[0];
        var stale = await WorkClaim.TryBeginAsync(source, unit, Stop);
        Assert.Equal(1, stale!.Attempt);
        Assert.Null(await WorkClaim.TryBeginAsync(source, unit, Stop));
        await using (await WorkLease.TryTakeAsync(studio.Database.ConnectionString, unit.Name, TimeProvider.System, Stop))
        {
            await studio.Services.GetRequiredService<Dispatcher>().FindLostAsync(Stop);
            Assert.True(await stale.IsWantedAsync(source, Stop));
            await studio.Services.GetRequiredService<GenerateShardJob>().RunAsync(unit.Id, Stop);
        }

        await studio.Services.GetRequiredService<Dispatcher>().FindLostAsync(Stop);
        await using var store = StudioStore.Open(source);
        Assert.Equal((WorkState.Pending, 1), await ShardAsync(store, unit.Id, shard => (shard.State, shard.LostCount)));
        await Assert.ThrowsAsync<FencedException>(() =>
            studio.Services.GetRequiredService<GenerateShardJob>().GenerateAsync(stale, CancellationToken.None, Stop));
        Assert.Equal(0, await store.Images.CountAsync(Stop));
        await studio.Services.GetRequiredService<GenerateShardJob>().RunAsync(unit.Id, Stop);
        Assert.Equal((WorkState.Done, 2), await ShardAsync(store, unit.Id, shard => (shard.State, shard.Attempt)));
    }

    private static async Task<T> ShardAsync<T>(StudioDbContext store, Guid id, Func<Data.ImageSets.Shard, T> select) =>
        select(await store.Shards.AsNoTracking().SingleAsync(shard => shard.Id == id, Stop));

    private static async Task<Experiment> StoppedAsync(StudioUnderTest studio, Guid id)
    {
        while (true)
        {
            var experiment = await studio.Experiments.GetAsync(id, Stop);
            if (experiment.TrainingState != WorkState.Running)
            {
                return experiment;
            }

            await Task.Delay(50, Stop);
        }
    }
}
