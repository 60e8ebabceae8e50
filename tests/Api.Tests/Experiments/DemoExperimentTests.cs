using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Experiments;
using StableRep.Data.Experiments;
using StableRep.Data.Probes;
using StableRep.Testing;

namespace StableRep.Api.Tests.Experiments;

public sealed class DemoExperimentTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LaunchAsync_waits_in_the_queue_with_a_probe_and_its_baselines_and_shares_images_with_the_next_of_its_seed()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var demo = studio.Services.GetRequiredService<DemoExperiment>();
        var first = await studio.Experiments.GetAsync((await demo.LaunchAsync(cancellationToken: Stop)).Id, Stop);
        var again = await demo.LaunchAsync(cancellationToken: Stop);
        var other = await demo.LaunchAsync(seed: 1, cancellationToken: Stop);
        Assert.Equal(ExperimentState.Queued, first.State);
        Assert.Equal(
            [ProbeKind.Linear, ProbeKind.RandomInit, ProbeKind.RawPixels], first.Probes.Select(probe => probe.Kind).Order());
        Assert.Equal(first.ImageSetId, again.ImageSetId);
        Assert.NotEqual(first.ImageSetId, other.ImageSetId);
        var plan = await studio.Experiments.PlanAsync(first.Id, Stop);
        var batches = (long)(7 * new DemoOptions().Epochs);
        Assert.Equal((960L, batches, null), (plan.Images, plan.Steps, plan.Refusal));
    }
}
