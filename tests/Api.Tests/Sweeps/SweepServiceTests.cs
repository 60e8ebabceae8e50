using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Http;
using StableRep.Api.Sweeps;
using StableRep.Data.Experiments;
using StableRep.Data.Hosting;
using StableRep.Data.Probes;
using StableRep.Testing;

namespace StableRep.Api.Tests.Sweeps;

public sealed class SweepServiceTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Plan_says_what_is_shared_and_what_is_there_and_writes_nothing()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var sweeps = studio.Services.GetRequiredService<SweepService>();

        // One of the image sets is there already, planned by another experiment.
        var wanted = Wanted(studio, new SweepAxes { GuidanceScale = "2, 3", Method = "stablerep, simclr", TrainingSeed = "0-2" });
        await studio.Experiments.CreateAsync(studio.Wanted("before"), cancellationToken: Stop);
        var plan = await sweeps.PlanAsync(wanted, Stop);
        Assert.Equal((12, 12, 2, null), (plan.Cells.Count, plan.Experiments, plan.ImageSets.Count, plan.Refusal));
        Assert.Equal((48L, 48L, (12L * 24) - 48), (plan.Images, plan.MissingImages, plan.SavedImages));
        Assert.Equal([(2.0, true, 6), (3.0, false, 6)], plan.ImageSets.Select(set => (set.GuidanceScale, set.Exists, set.Experiments)));
        await using var store = StudioStore.Open(studio.Database.Source);
        Assert.Equal((1, 1, 0), (await store.ImageSets.CountAsync(Stop), await store.Experiments.CountAsync(Stop), await store.Sweeps.CountAsync(Stop)));
    }

    [Fact]
    public async Task Plan_refuses_with_the_cell_and_the_reason_and_nothing_is_launched()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var sweeps = studio.Services.GetRequiredService<SweepService>();
        var wanted = Wanted(studio, new SweepAxes { ImagesPerPrompt = "1, 2", Method = "stablerep+" });
        var plan = await sweeps.PlanAsync(wanted, Stop);
        Assert.StartsWith("images per prompt 1, method stablerep+: stablerep+ needs at least 2 images", plan.Refusal, StringComparison.Ordinal);
        Assert.Equal([true, false], plan.Cells.Select(cell => cell.Refusal is not null));
        Assert.Equal(plan.Refusal, (await Assert.ThrowsAsync<ConflictException>(() => sweeps.LaunchAsync(wanted, cancellationToken: Stop))).Message);
        var unknown = wanted with { Images = wanted.Images with { GeneratorId = Guid.NewGuid() } };
        Assert.Contains("generatorId", (await Assert.ThrowsAsync<InputException>(() => sweeps.PlanAsync(unknown, Stop))).Errors.Keys);
        await using var store = StudioStore.Open(studio.Database.Source);
        Assert.Equal((0, 0), (await store.ImageSets.CountAsync(Stop), await store.Experiments.CountAsync(Stop)));
    }

    [Fact]
    public async Task Cells_with_equal_settings_are_one_experiment()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var plan = await studio.Services.GetRequiredService<SweepService>()
            .PlanAsync(Wanted(studio, new SweepAxes { ImagesPerPrompt = "1, 2", Method = "stablerep, simclr" }), Stop);
        Assert.Equal([0, 0, 1, 2], plan.Cells.Select(cell => cell.Experiment));
        Assert.Equal(3, plan.Experiments);
    }

    [Fact]
    public async Task A_sweep_runs_to_its_result_with_every_image_set_made_once()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var sweeps = studio.Services.GetRequiredService<SweepService>();
        await studio.StartAsync();
        var sweep = await sweeps.LaunchAsync(Wanted(studio, new SweepAxes { GuidanceScale = "1-2", TrainingSeed = "0-1" }), cancellationToken: Stop);
        Assert.All(sweep.Cells, cell => Assert.True(cell.State is ExperimentState.Queued or ExperimentState.Generating, $"{cell.State}"));
        foreach (var cell in sweep.Cells)
        {
            await studio.ReachAsync(cell.ExperimentId, ExperimentState.Done, Stop);
        }

        var done = await sweeps.GetAsync(sweep.Id, Stop);
        Assert.Equal((1.0, false), (done.Progress, done.IsActive));
        var lines = done.Lines(ProbeKind.Knn, "few-objects");
        Assert.Equal(("guidanceScale", true), (lines.Axis, lines.IsNumeric));
        var line = Assert.Single(lines.Lines);
        Assert.Equal([1.0, 2.0], line.Points.Select(point => point.Number!.Value));
        Assert.All(line.Points, point => Assert.Equal((2, true), (point.Accuracy.Count, point.Accuracy.HalfWidth is not null)));
        var accuracies = done.Cells.Take(2).Select(cell => cell.Probes.Single().Accuracy!.Value).ToList();
        Assert.Equal(accuracies.Average(), line.Points[0].Accuracy.Mean, 9);
        await using var store = StudioStore.Open(studio.Database.Source);
        Assert.Equal((2, 48), (await store.ImageSets.CountAsync(Stop), await store.Images.CountAsync(Stop)));
        var listed = Assert.Single(await sweeps.ListAsync(null, 10, Stop));
        Assert.Equal((4, 4), (listed.Experiments, listed.Done));
    }

    [Fact]
    public async Task Cancel_stops_all_retry_starts_all_and_delete_leaves_nothing()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var sweeps = studio.Services.GetRequiredService<SweepService>();
        var sweep = await sweeps.LaunchAsync(Wanted(studio, new SweepAxes { GuidanceScale = "2, 3", TrainingSeed = "0-1" }), cancellationToken: Stop);
        await Assert.ThrowsAsync<ConflictException>(() => sweeps.DeleteAsync(sweep.Id, cancellationToken: Stop));
        Assert.Equal(4, await sweeps.CancelAsync(sweep.Id, Stop));
        Assert.Equal(0, await sweeps.CancelAsync(sweep.Id, Stop));
        Assert.Equal(4, await sweeps.RetryAsync(sweep.Id, Stop));
        Assert.Equal(4, await sweeps.CancelAsync(sweep.Id, Stop));

        // One that was deleted by hand leaves a hole.
        await studio.Experiments.DeleteAsync(sweep.Cells[0].ExperimentId, Stop);
        var holed = await sweeps.GetAsync(sweep.Id, Stop);
        Assert.Equal((null, 3), (holed.Cells[0].State, holed.Experiments.Count));
        await sweeps.DeleteAsync(sweep.Id, cancellationToken: Stop);
        await using var store = StudioStore.Open(studio.Database.Source);
        Assert.Equal((0, 0, 0), (await store.Sweeps.CountAsync(Stop), await store.Experiments.CountAsync(Stop), await store.ImageSets.CountAsync(Stop)));
        await Assert.ThrowsAsync<MissingException>(() => sweeps.DeleteAsync(sweep.Id, cancellationToken: Stop));
    }

    [Fact]
    public async Task Two_sweeps_at_once_share_image_sets()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var sweeps = studio.Services.GetRequiredService<SweepService>();
        var wanted = Wanted(studio, new SweepAxes { GuidanceScale = "2-6" });
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => sweeps.LaunchAsync(wanted, cancellationToken: Stop)));
        await using var store = StudioStore.Open(studio.Database.Source);
        Assert.Equal((3, 15, 5), (await store.Sweeps.CountAsync(Stop), await store.Experiments.CountAsync(Stop), await store.ImageSets.CountAsync(Stop)));
    }

    [Fact]
    public async Task Delete_may_keep_the_experiments()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var sweeps = studio.Services.GetRequiredService<SweepService>();
        var sweep = await sweeps.LaunchAsync(Wanted(studio, new SweepAxes { GuidanceScale = "2, 3" }), cancellationToken: Stop);
        await sweeps.DeleteAsync(sweep.Id, keepExperiments: true, Stop);
        var kept = await studio.Experiments.GetAsync(sweep.Cells[0].ExperimentId, Stop);
        Assert.Equal((null, ExperimentState.Queued), (kept.SweepId, kept.State));
    }

    private static NewSweep Wanted(StudioUnderTest studio, SweepAxes axes)
    {
        var one = studio.Wanted("one");
        return new NewSweep { Name = "grid", Axes = axes, Images = one.Images, Recipe = one.Recipe, Probes = one.Probes };
    }
}
