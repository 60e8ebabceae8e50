using StableRep.Api.Http;

namespace StableRep.Web.Experiments;

/// <summary>
/// Follows a form that changes while somebody types: a moment after the last change it asks the service what is wrong and what launching
/// would take. An answer to an older question is never shown.
/// </summary>
/// <typeparam name="TWanted">What is wanted, as the service takes it.</typeparam>
/// <typeparam name="TPlan">What the service answers.</typeparam>
public sealed class PlanFollower<TWanted, TPlan>(
    Func<TWanted, CancellationToken, Task<IReadOnlyDictionary<string, string>>> check,
    Func<TWanted, CancellationToken, Task<TPlan>> plan,
    TimeProvider clock,
    Action changed) : IDisposable
    where TPlan : class
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(350);

    private CancellationTokenSource _stop = new();

    /// <summary>The problem of each field, by the names of the API.</summary>
    public IReadOnlyDictionary<string, string> Problems { get; private set; } = new Dictionary<string, string>();

    /// <summary>What launching would take, or null while there is no answer.</summary>
    public TPlan? Plan { get; private set; }

    /// <summary>Whether an answer is on its way.</summary>
    public bool IsAsking { get; private set; }

    /// <summary>Why there is no answer, or null.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Whether what was last asked about can be written down.</summary>
    public bool IsRight => !IsAsking && Error is null && Problems.Count == 0;

    /// <summary>Something was changed.</summary>
    /// <param name="wanted">Everything, as it is now.</param>
    public Task FollowAsync(TWanted wanted)
    {
        _stop.Cancel();
        _stop.Dispose();
        _stop = new CancellationTokenSource();
        IsAsking = true;
        changed();
        return AskAsync(wanted, _stop.Token);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task AskAsync(TWanted wanted, CancellationToken stop)
    {
        try
        {
            await Task.Delay(Delay, clock, stop);
            var problems = await check(wanted, stop);
            var answer = problems.Count == 0 ? await plan(wanted, stop) : null;
            stop.ThrowIfCancellationRequested();
            (Problems, Plan, Error) = (problems, answer, null);
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            return;
        }
        catch (InputException exception)
        {
            (Problems, Plan, Error) = (exception.Errors, null, null);
        }
#pragma warning disable CA1031 // Whatever it is, the form stays usable and says so.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            (Plan, Error) = (null, exception);
        }

        IsAsking = false;
        changed();
    }
}
