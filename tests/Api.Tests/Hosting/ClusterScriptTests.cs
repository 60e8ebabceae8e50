using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using StableRep.Testing;

namespace StableRep.Api.Tests.Hosting;

public sealed partial class ClusterScriptTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    [Fact]
    public async Task Processes_that_share_only_a_database_and_an_object_store_draw_together_and_a_worker_may_join()
    {
        Assert.SkipUnless(
            File.Exists(Repository.PathOf("src", "Web", "bin", "Release", "net10.0", "StableRep.Web.dll"))
                && File.Exists(Repository.PathOf("tests", "ObjectStore", "bin", "Release", "net10.0", "StableRep.ObjectStore.dll")),
            "The web node or the object store is not built: build the solution.");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        stop.CancelAfter(Patience);
        using var script = Process.Start(new ProcessStartInfo(Repository.PathOf("scripts", "cluster"), ["--short", "--no-build", "--seconds", "12"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var errors = script.StandardError.ReadToEndAsync(stop.Token);
            var output = await script.StandardOutput.ReadToEndAsync(stop.Token);
            await script.WaitForExitAsync(stop.Token);
            Assert.True(script.ExitCode == 0, output + await errors);
            Assert.Matches("The second worker had a shard [0-9.]+ s after its process was started", output);
            var rates = Rates().Match(output);
            Assert.True(rates.Success, output);
            Assert.True(double.Parse(rates.Groups["one"].Value, CultureInfo.InvariantCulture) > 0, output);
            Assert.True(double.Parse(rates.Groups["two"].Value, CultureInfo.InvariantCulture) > 0, output);
        }
        finally
        {
            if (!script.HasExited)
            {
                script.Kill(entireProcessTree: true);
            }
        }
    }

    [GeneratedRegex("The cluster works: [0-9]+ images, none twice; one worker (?<one>[0-9.]+) images/s, two workers (?<two>[0-9.]+) images/s")]
    private static partial Regex Rates();
}
