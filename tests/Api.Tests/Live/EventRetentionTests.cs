using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Live;
using StableRep.Data.Experiments;
using StableRep.Testing;

namespace StableRep.Api.Tests.Live;

public sealed class EventRetentionTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Old_metrics_and_superseded_progress_go_and_the_numbers_stay()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var id = (await studio.Experiments.CreateAsync(studio.Wanted("old"), cancellationToken: Stop)).Id;
        var log = studio.Services.GetRequiredService<ExperimentLog>();
        await log.AppendAsync(id, null, [.. ((string[])["progress", "metrics", "log", "progress", "images", "metrics", "metrics"]).Select(kind => new NewEvent(kind, "{}"))], [], Stop);
        var retention = studio.Services.GetRequiredService<EventRetention>();
        Assert.Equal(0, await retention.StepAsync(Stop));
        await using (var age = studio.Database.Source.CreateCommand("UPDATE app.experiment_events SET at = at - interval '2 hours'"))
        {
            await age.ExecuteNonQueryAsync(Stop);
        }

        Assert.Equal(3, await retention.StepAsync(Stop));
        var left = await log.ReadAsync(id, 0, cancellationToken: Stop).ToListAsync(Stop);
        Assert.Equal([(3L, "log"), (4L, "progress"), (5L, "images"), (7L, "metrics")], left.Select(entry => (entry.Sequence, entry.Kind)));
        Assert.Equal(8, await log.AppendAsync(id, null, [new NewEvent("log", "{}")], [], Stop));
    }
}
