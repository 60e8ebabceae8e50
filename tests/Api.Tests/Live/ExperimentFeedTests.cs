using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using StableRep.Api.Hosting;
using StableRep.Api.Live;
using StableRep.Data.Experiments;
using StableRep.Testing;

namespace StableRep.Api.Tests.Live;

public sealed class ExperimentFeedTests(TestCluster cluster) : IAsyncLifetime
{
    private StudioUnderTest _studio = null!;
    private Guid _experiment;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private ExperimentLog Log => _studio.Services.GetRequiredService<ExperimentLog>();

    private ExperimentFeed Feed => _studio.Services.GetRequiredService<ExperimentFeed>();

    public async ValueTask InitializeAsync()
    {
        _studio = await StudioUnderTest.CreateAsync(cluster);
        _experiment = (await _studio.Experiments.CreateAsync(_studio.Wanted("live"), cancellationToken: Stop)).Id;
    }

    public async ValueTask DisposeAsync() => await _studio.DisposeAsync();

    [Fact]
    public async Task Every_subscriber_sees_every_event_once_in_order_while_the_connection_is_lost_again_and_again()
    {
        await AppendAsync(5);
        var readers = Enumerable.Range(0, 5).Select(after => (After: after, Seen: new ConcurrentQueue<long>())).ToList();
        var subscriptions = readers.Select(reader => Feed.Subscribe(_experiment, reader.After, Into(reader.Seen))).ToList();
        await Feed.Listening.WaitAsync(TimeSpan.FromSeconds(30), Stop);
        for (var round = 0; round < 6; round++)
        {
            await AppendAsync(20);
            await KillListenersAsync();
            await AppendAsync(20);
        }

        foreach (var (after, seen) in readers)
        {
            await UntilAsync(() => !seen.IsEmpty && seen.Last() == 245);
            Assert.Equal(Enumerable.Range(after + 1, 245 - after).Select(number => (long)number), seen);
        }

        subscriptions.ForEach(subscription => subscription.Dispose());
    }

    [Fact]
    public async Task A_slow_handler_holds_up_nobody_and_still_gets_everything()
    {
        var release = new TaskCompletionSource();
        var slow = new ConcurrentQueue<long>();
        var quick = new ConcurrentQueue<long>();
        using var first = Feed.Subscribe(_experiment, 0, async events =>
        {
            await release.Task;
            await Into(slow)(events);
        });
        using var second = Feed.Subscribe(_experiment, 0, Into(quick));
        await Feed.Listening.WaitAsync(TimeSpan.FromSeconds(30), Stop);
        for (var round = 0; round < 3; round++)
        {
            await AppendAsync(900);
        }

        await UntilAsync(() => quick.Count == 2700);
        Assert.Empty(slow);
        release.SetResult();
        await UntilAsync(() => slow.Count == 2700);
        Assert.Equal(Enumerable.Range(1, 2700).Select(number => (long)number), slow);
    }

    [Fact]
    public async Task A_handler_is_called_ten_times_a_second_at_most_and_not_at_once_with_itself()
    {
        var calls = new ConcurrentQueue<long>();
        var inside = 0;
        using var subscription = Feed.Subscribe(_experiment, 0, async events =>
        {
            Assert.Equal(1, Interlocked.Increment(ref inside));
            calls.Enqueue(TimeProvider.System.GetTimestamp());
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        });
        await Feed.Listening.WaitAsync(TimeSpan.FromSeconds(30), Stop);
        for (var i = 0; i < 60; i++)
        {
            await AppendAsync(1);
            await Task.Delay(10, Stop);
        }

        await UntilAsync(() => calls.Count >= 3);
        var gaps = calls.Zip(calls.Skip(1), (one, next) => TimeProvider.System.GetElapsedTime(one, next));
        Assert.All(gaps, gap => Assert.True(gap > TimeSpan.FromMilliseconds(90), $"{gap}"));
    }

    [Fact]
    public async Task A_failing_handler_is_called_again_and_a_disposed_one_is_not()
    {
        var failures = 0;
        var after = new ConcurrentQueue<long>();
        var failing = Feed.Subscribe(_experiment, 0, events =>
        {
            failures++;
            throw new InvalidOperationException("as the test wants");
        });
        using var other = Feed.Subscribe(_experiment, 0, Into(after));
        await AppendAsync(1);
        await UntilAsync(() => failures == 1);
        await AppendAsync(1);
        await UntilAsync(() => failures == 2);
        failing.Dispose();
        failing.Dispose();
        await AppendAsync(1);
        await UntilAsync(() => after.Count == 3);
        Assert.Equal(2, failures);
    }

    [Fact]
    public async Task Whoever_listens_to_all_hears_what_happened_while_the_connection_was_lost()
    {
        var heard = new ConcurrentQueue<Guid>();
        using var subscription = Feed.SubscribeAll(id =>
        {
            heard.Enqueue(id);
            return Task.CompletedTask;
        });
        await Feed.Listening.WaitAsync(TimeSpan.FromSeconds(30), Stop);
        await AppendAsync(1);
        await UntilAsync(() => heard.Count == 1);
        await KillListenersAsync();
        await AppendAsync(1);
        await UntilAsync(() => heard.Count == 2);
        Assert.All(heard, id => Assert.Equal(_experiment, id));
    }

    [Fact]
    public async Task A_notice_reaches_all_nodes_under_its_topic_only_and_a_loss_is_told()
    {
        await using var elsewhere = new ExperimentFeed(_studio.Database, Log, _studio.Services.GetRequiredService<StudioMetrics>(), TimeProvider.System, NullLogger<ExperimentFeed>.Instance);
        var here = new ConcurrentQueue<string>();
        var there = new ConcurrentQueue<string>();
        using var one = Feed.SubscribeTopic("review:1", Into(here));
        using var two = elsewhere.SubscribeTopic("review:1", Into(there));
        await Task.WhenAll(Feed.Listening, elsewhere.Listening).WaitAsync(TimeSpan.FromSeconds(30), Stop);
        await Feed.PublishAsync("review:2", "another's");
        await Feed.PublishAsync("review:1", "two\nlines");
        await UntilAsync(() => here.Count == 1 && there.Count == 1);
        Assert.Equal(("two\nlines", "two\nlines"), (here.Single(), there.Single()));

        await KillListenersAsync();
        await UntilAsync(() => here.Count == 2 && there.Count == 2);
        Assert.Equal(("", ""), (here.Last(), there.Last()));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Feed.PublishAsync("review:1", new string('é', 3600)));
    }

    private static Func<IReadOnlyList<ExperimentEvent>, Task> Into(ConcurrentQueue<long> seen) => events =>
    {
        foreach (var entry in events)
        {
            seen.Enqueue(entry.Sequence);
        }

        return Task.CompletedTask;
    };

    private static Func<string, Task> Into(ConcurrentQueue<string> seen) => text =>
    {
        seen.Enqueue(text);
        return Task.CompletedTask;
    };

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var start = TimeProvider.System.GetTimestamp(); !condition();)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), "The condition is not met.");
            await Task.Delay(20, Stop);
        }
    }

    private async Task AppendAsync(int count) =>
        await Log.AppendAsync(_experiment, null, [.. Enumerable.Range(0, count).Select(number => new NewEvent("log", $$"""{"number":{{number}}}"""))], [], Stop);

    private async Task KillListenersAsync()
    {
        await using var kill = _studio.Database.Source.CreateCommand("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'feed' AND datname = current_database()");
        await kill.ExecuteScalarAsync(Stop);
    }
}
