using StableRep.Web.Shared;

namespace StableRep.Web.Tests.Shared;

/// <summary>How often pages read anew.</summary>
public sealed class ThrottleTests
{
    [Fact]
    public async Task Many_wishes_during_a_run_give_one_more_run()
    {
        var stop = TestContext.Current.CancellationToken;
        var (started, go) = (new SemaphoreSlim(0), new SemaphoreSlim(0));
        var runs = 0;
        using var throttle = new Throttle(
            TimeSpan.Zero,
            async () =>
            {
                Interlocked.Increment(ref runs);
                started.Release();
                await go.WaitAsync(stop);
            },
            TimeProvider.System);
        throttle.Request();
        await started.WaitAsync(stop);
        for (var i = 0; i < 100; i++)
        {
            throttle.Request();
        }

        go.Release();
        await started.WaitAsync(stop);
        go.Release();
        Assert.False(await started.WaitAsync(TimeSpan.FromMilliseconds(100), stop), $"{runs} runs.");
        Assert.Equal(2, runs);
    }
}
