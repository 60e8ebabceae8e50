using Bunit;
using StableRep.Api.Experiments;
using StableRep.Api.Jobs;
using StableRep.Data.Experiments;
using StableRep.Engine.Training;
using StableRep.Testing;
using StableRep.Web.Experiments;

namespace StableRep.Web.Tests.Experiments;

/// <summary>What an experiment was computed with.</summary>
public sealed class ConfigTabTests(TestCluster cluster) : StoreContext(cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Each_kind_of_work_has_a_column_of_facts_and_what_is_not_known_a_dash()
    {
        var experiment = await AddExperimentAsync("computed", TrainingRecipes.Named("demo"));
        var generation = new RunEnvironment
        {
            Work = "generation",
            At = new DateTimeOffset(2026, 11, 24, 9, 5, 0, TimeSpan.Zero),
            Node = "gpu-1",
            Version = "1.2.3",
            Commit = "0123456789abcdef",
            Dotnet = ".NET 10.0.1",
            Libtorch = "2.10.0",
            Device = "cuda:0",
            DeviceName = "NVIDIA H100",
            Precision = "bf16",
            System = "Debian",
            Architecture = "x64",
            Processors = 16,
            Threads = 8,
            Seed = "-9223372036854775808",
        };
        var probe = generation with { Work = "probe", Node = "cpu-2", Device = "cpu", DeviceName = null, Commit = null, Seed = null, Threads = 1 };
        await Get<ExperimentLog>().AppendAsync(experiment.Id, null, [RunEvents.Environment(generation), RunEvents.Environment(probe)], [], Stop);
        Assert.Equal([generation, probe], await Get<RunEnvironmentReader>().ReadAsync(experiment.Id, Stop));

        var full = await Get<ExperimentService>().GetAsync(experiment.Id, Stop);
        var tab = Render<ConfigTab>(parameters => parameters.Add(page => page.Experiment, full));
        tab.WaitForElement(".environment table", Patience);
        Assert.Equal(["Images", "Probes"], tab.FindAll(".environment thead th").Skip(1).Select(head => head.TextContent));
        var facts = tab.FindAll(".environment tbody tr").ToDictionary(row => row.QuerySelector("th")!.TextContent, row => row.QuerySelectorAll("td").Select(cell => cell.TextContent).ToArray());
        Assert.Equal(["24 Nov 2026, 09:05 UTC", "24 Nov 2026, 09:05 UTC"], facts["Begun"]);
        Assert.Equal(["gpu-1", "cpu-2"], facts["Node"]);
        Assert.Equal(["cuda:0, NVIDIA H100", "cpu"], facts["Device"]);
        Assert.Equal(["16, 8 threads an operation", "16, 1 thread an operation"], facts["Processors"]);
        Assert.Equal(["1.2.3, commit 0123456789ab", "1.2.3"], facts["Studio"]);
        Assert.Equal(["-9223372036854775808", "–"], facts["Seed"]);
    }

    [Fact]
    public async Task An_experiment_that_no_worker_has_begun_says_so()
    {
        var experiment = await AddExperimentAsync("not begun", TrainingRecipes.Named("demo"));
        var full = await Get<ExperimentService>().GetAsync(experiment.Id, Stop);
        var tab = Render<ConfigTab>(parameters => parameters.Add(page => page.Experiment, full));
        tab.WaitForAssertion(() => Assert.Contains("Written down by the worker that begins it.", tab.Find(".environment").TextContent, StringComparison.Ordinal), Patience);
    }
}
