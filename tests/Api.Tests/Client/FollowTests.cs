using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Accounts;
using StableRep.Api.Tests.Live;
using StableRep.Client;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Testing;

namespace StableRep.Api.Tests.Client;

public sealed class FollowTests(TestCluster cluster) : IAsyncLifetime
{
    private StudioUnderTest _studio = null!;
    private LiveNode _node = null!;
    private Guid _experiment;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _studio = await StudioUnderTest.CreateAsync(cluster);
        _node = await LiveNode.StartAsync(_studio);
        _experiment = (await _studio.Experiments.CreateAsync(_studio.Wanted("followed"), cancellationToken: Stop)).Id;
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _studio.DisposeAsync();
    }

    [Fact]
    public async Task A_follower_whose_connection_is_cut_misses_nothing_and_sees_nothing_twice()
    {
        await using var relay = CuttableRelay.To(_node.Address);
        var client = StudioClient.Connect(relay.Address);
        await AppendAsync(40);

        // In the middle of an event.
        relay.CutAfter(3000);
        var seen = new List<StableRep.Client.ExperimentEvent>();
        var cutAt = 0;
        await foreach (var entry in client.FollowAsync(_experiment, cancellationToken: Stop))
        {
            seen.Add(entry);
            if (cutAt == 0 && relay.Accepted > 1)
            {
                cutAt = seen.Count;
            }

            if (seen.Count == 40)
            {
                relay.Cut(refusals: 2);
                await AppendAsync(15);
            }
            else if (seen.Count == 55)
            {
                relay.Cut();
                await EndAsync();
            }
        }

        Assert.InRange(cutAt, 2, 40);
        Assert.Equal(Enumerable.Range(1, 60).Select(number => (long)number), seen.Select(entry => entry.Sequence));
        Assert.Equal(["queued", "cancelled"], seen.Where(entry => entry.Kind == "state").Select(entry => entry.Payload.GetProperty("to").GetString()));
        Assert.Equal(Enumerable.Range(0, 15), seen.Skip(40).Take(15).Select(entry => entry.Payload.GetProperty("number").GetInt32()));

        // Cut twice and refused twice, and once more for the last snapshot.
        Assert.InRange(relay.Accepted, 6, 8);
        Assert.Contains("Last-Event-ID: 40", relay.Asked, StringComparison.Ordinal);
        Assert.DoesNotContain("/history", relay.Asked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_over_is_given_from_any_number_and_then_ends()
    {
        await AppendAsync(3);
        await EndAsync();
        var client = StudioClient.Connect(_node.Address);
        Assert.Equal([1L, 2, 3, 4, 5, 6, 7, 8], await client.FollowAsync(_experiment, cancellationToken: Stop).Select(entry => entry.Sequence).ToListAsync(Stop));
        Assert.Equal([7L, 8], await client.FollowAsync(_experiment, 6, Stop).Select(entry => entry.Sequence).ToListAsync(Stop));
        Assert.Empty(await client.FollowAsync(_experiment, 8, Stop).ToListAsync(Stop));
    }

    [Fact]
    public async Task Where_the_last_events_are_kept_no_longer_it_ends_with_those_that_are()
    {
        await EndAsync();
        await using (var store = await _studio.Services.GetRequiredService<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync(Stop))
        {
            Assert.Equal(2, await store.ExperimentEvents.Where(entry => entry.ExperimentId == _experiment && entry.Sequence > 3).ExecuteDeleteAsync(Stop));
        }

        await using var hasty = await StudioApplication.StartAsync(
            _studio.Database, _studio.Folder, AccountMode.Single, builder => builder.Services.AddSingleton<TimeProvider>(new HastyClock()));
        var client = StudioClient.Connect(hasty.Address);
        Assert.Equal([1L, 2, 3], await client.FollowAsync(_experiment, cancellationToken: Stop).Select(entry => entry.Sequence).ToListAsync(Stop));
    }

    [Fact]
    public async Task A_node_that_comes_back_is_waited_for()
    {
        await AppendAsync(2);
        await using var other = await LiveNode.StartAsync(_studio);
        var client = StudioClient.Connect(other.Address);
        await using var events = client.FollowAsync(_experiment, cancellationToken: Stop).GetAsyncEnumerator(Stop);
        Assert.True(await events.MoveNextAsync());
        Assert.True(await events.MoveNextAsync());
        await other.DisposeAsync();
        await EndAsync();
        await using var back = await LiveNode.StartAsync(_studio, ("urls", other.Address.ToString()));
        for (var sequence = 3; sequence <= 7; sequence++)
        {
            Assert.True(await events.MoveNextAsync());
            Assert.Equal(sequence, events.Current.Sequence);
        }

        Assert.False(await events.MoveNextAsync());
    }

    [Fact]
    public async Task What_is_not_there_is_said_at_once()
    {
        var client = StudioClient.Connect(_node.Address);
        var problem = await Assert.ThrowsAsync<StudioProblemException>(async () => await client.FollowAsync(Guid.NewGuid(), cancellationToken: Stop).FirstAsync(Stop));
        Assert.Equal(HttpStatusCode.NotFound, problem.Status);
        await using var relay = CuttableRelay.To(_node.Address);
        relay.Cut(refusals: int.MaxValue);
        await Assert.ThrowsAsync<HttpRequestException>(async () => await StudioClient.Connect(relay.Address).FollowAsync(_experiment, cancellationToken: Stop).FirstAsync(Stop));
    }

    private async Task AppendAsync(int count) => await _studio.Services.GetRequiredService<ExperimentLog>()
        .AppendAsync(_experiment, null, [.. Enumerable.Range(0, count).Select(number => new NewEvent("log", $$"""{"number":{{number}}}"""))], [], Stop);

    /// <summary>Launches and cancels it, with the last words of a worker: five events.</summary>
    private async Task EndAsync()
    {
        await _studio.Experiments.LaunchAsync(_experiment, Stop);
        await _studio.Experiments.CancelAsync(_experiment, Stop);
        await AppendAsync(3);
    }

    /// <summary>The system's clock, whose long pauses are short.</summary>
    private sealed class HastyClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.FromSeconds(10) ? dueTime / 100 : dueTime, period);
    }
}
