using StableRep.Crash;

namespace StableRep.Web.Tests.Hosting;

/// <summary>The short form of <c>dotnet run --project tests/Crash -c Release -- --kills 20</c>.</summary>
public sealed class CrashTests
{
    [Fact]
    public async Task An_experiment_whose_processes_are_killed_comes_to_the_same_bytes_as_an_undisturbed_one()
    {
        var output = TestContext.Current.TestOutputHelper!;
        Assert.Empty(await CrashRun.RunAsync(new CrashPlan { Kills = 2, Seed = 3 }, output.WriteLine, TestContext.Current.CancellationToken));
    }
}
