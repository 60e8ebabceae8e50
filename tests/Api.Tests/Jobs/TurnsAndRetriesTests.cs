using Microsoft.EntityFrameworkCore;
using StableRep.Api.Jobs;
using StableRep.Data;
using StableRep.Data.Accounts;
using StableRep.Data.Hosting;
using StableRep.Testing;

namespace StableRep.Api.Tests.Jobs;

public sealed class TurnsAndRetriesTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Higher_priority_comes_first_and_owners_of_the_same_take_turns()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        await using var store = StudioStore.Open(studio.Database.Source);
        var (ann, ben) = (Person("ann"), Person("ben"));
        store.Users.AddRange(ann, ben);
        await store.SaveChangesAsync(Stop);
        var owners = new Dictionary<Guid, string>();
        foreach (var (owner, seed, priority) in ((StudioUser, int, int)[])[(ann, 1, 0), (ann, 2, 0), (ben, 3, 0), (ben, 4, 1)])
        {
            var wanted = studio.Wanted($"{owner.UserName} {seed}");
            var made = await studio.Experiments.CreateAsync(
                wanted with { Priority = priority, Images = wanted.Images with { Seed = seed } }, owner.Id, cancellationToken: Stop);
            owners[made.ImageSetId] = $"{owner.UserName} {seed}";
            await studio.Experiments.LaunchAsync(made.Id, Stop);
        }

        // Two shards each. Ben's urgent one comes first; then Ann, who has had nothing yet, and Ben in turn.
        var order = new List<string>();
        foreach (var unit in await Dispatcher.CandidatesAsync(studio.Database.Source, 8, Stop))
        {
            order.Add(owners[await store.Shards.Where(shard => shard.Id == unit.Id).Select(shard => shard.ImageSetId).SingleAsync(Stop)]);
        }

        Assert.Equal(["ben 4", "ben 4", "ann 1", "ann 1", "ann 2", "ben 3", "ann 2", "ben 3"], order);
    }

    [Fact]
    public async Task Lost_work_is_tried_three_times_more_unless_it_comes_further_or_the_server_was_to_blame()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var source = studio.Database.Source;
        var experiment = await studio.Experiments.CreateAsync(studio.Wanted("lost"), cancellationToken: Stop);
        await studio.Experiments.LaunchAsync(experiment.Id, Stop);
        var unit = (await Dispatcher.CandidatesAsync(source, 1, Stop))[0];
        await using var store = StudioStore.Open(source);

        Assert.Equal((WorkState.Pending, 1), await LoseAsync());
        Assert.Equal((WorkState.Pending, 1), await LoseAsync(begun: "begun_at = '2000-01-01'"));
        Assert.Equal((WorkState.Pending, 2), await LoseAsync());
        Assert.Equal((WorkState.Pending, 1), await LoseAsync(further: true));
        Assert.Equal((WorkState.Pending, 2), await LoseAsync());
        Assert.Equal((WorkState.Pending, 3), await LoseAsync());
        Assert.Equal((WorkState.Failed, 4), await LoseAsync());
        Assert.Equal("the fourth time", await store.Shards.Where(shard => shard.Id == unit.Id).Select(shard => shard.Failure).SingleAsync(Stop));
        Assert.Null(await WorkClaim.TryBeginAsync(source, unit, Stop));

        async Task<(WorkState, int)> LoseAsync(string? begun = null, bool further = false)
        {
            var claim = (await WorkClaim.TryBeginAsync(source, unit, Stop))!;
            if (begun is not null)
            {
                await using var age = source.CreateCommand($"UPDATE app.shards SET {begun} WHERE id = '{unit.Id}'");
                await age.ExecuteNonQueryAsync(Stop);
            }

            if (further)
            {
                await using var connection = await source.OpenConnectionAsync(Stop);
                await claim.ForgetLossesAsync(connection);
            }

            await claim.LoseAsync(source, "the fourth time");
            return await store.Shards.AsNoTracking().Where(shard => shard.Id == unit.Id).Select(shard => new ValueTuple<WorkState, int>(shard.State, shard.LostCount)).SingleAsync(Stop);
        }
    }

    [Fact]
    public async Task Work_that_cannot_be_done_is_not_tried_again_and_says_why()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var source = studio.Database.Source;
        var experiment = await studio.Experiments.CreateAsync(studio.Wanted("bad"), cancellationToken: Stop);
        await studio.Experiments.LaunchAsync(experiment.Id, Stop);
        var unit = (await Dispatcher.CandidatesAsync(source, 1, Stop))[0];
        var claim = (await WorkClaim.TryBeginAsync(source, unit, Stop))!;
        await claim.FailAsync(source, "the captions are too long");
        await using var store = StudioStore.Open(source);
        var shard = await store.Shards.AsNoTracking().SingleAsync(row => row.Id == unit.Id, Stop);
        Assert.Equal((WorkState.Failed, 0, "the captions are too long"), (shard.State, shard.LostCount, shard.Failure));
        Assert.Null(await WorkClaim.TryBeginAsync(source, unit, Stop));
    }

    private static StudioUser Person(string name) => new()
    {
        Id = Guid.NewGuid(),
        UserName = name,
        NormalizedUserName = name.ToUpperInvariant(),
        DisplayName = name,
        SecurityStamp = name,
    };
}
