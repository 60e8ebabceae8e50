using System.Collections.Concurrent;

namespace StableRep.Api.Jobs;

/// <summary>What this process is at work on, for the node's row.</summary>
internal sealed class CurrentWork
{
    private readonly ConcurrentDictionary<Guid, string> _work = [];

    /// <summary>The works' names, such as <c>training/ID</c>.</summary>
    public IReadOnlyList<string> Names => [.. _work.Values.Order(StringComparer.Ordinal)];

    /// <summary>Something is begun; it ends when the result is disposed.</summary>
    public IDisposable Begin(WorkUnit unit, int attempt)
    {
        var key = Guid.NewGuid();
        _work[key] = $"{unit.Name} (attempt {attempt})";
        return new End(_work, key);
    }

    private sealed class End(ConcurrentDictionary<Guid, string> work, Guid key) : IDisposable
    {
        public void Dispose() => work.TryRemove(key, out _);
    }
}
