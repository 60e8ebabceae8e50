using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion.Training;

/// <summary>
/// One thread for each replica of a model on the CPU, with one libtorch thread each. Replicas meet once a step instead of once an operation:
/// small operations then lose nothing to the threads' waiting for each other, least of all where other processes share the cores.
/// </summary>
internal sealed class ReplicaThreads : IDisposable
{
    private readonly Barrier _begin;
    private readonly Barrier _end;
    private readonly ExceptionDispatchInfo?[] _failures;
    private readonly int _threadsBefore = get_num_threads();
    private Action<int>? _work;

    public ReplicaThreads(int count)
    {
        (Count, _begin, _end, _failures) = (count, new Barrier(count), new Barrier(count), new ExceptionDispatchInfo?[count]);
        if (count == 1)
        {
            return;
        }

        // libtorch keeps the number of threads for each calling thread.
        set_num_threads(1);
        for (var replica = 1; replica < count; replica++)
        {
            var number = replica;
            new Thread(() => Serve(number)) { IsBackground = true, Name = $"replica {number}" }.Start();
        }
    }

    public int Count { get; }

    /// <summary>Runs the work once for each replica, the first on the calling thread, and returns when all are done.</summary>
    public void Run(Action<int> work)
    {
        _work = work;
        _begin.SignalAndWait();
        Attempt(0);
        _end.SignalAndWait();
        Array.Find(_failures, failure => failure is not null)?.Throw();
    }

    public void Dispose()
    {
        _work = null;
        _begin.SignalAndWait();
        _end.SignalAndWait();
        if (Count > 1)
        {
            set_num_threads(_threadsBefore);
        }

        _begin.Dispose();
        _end.Dispose();
    }

    private void Serve(int replica)
    {
        set_num_threads(1);
        while (true)
        {
            _begin.SignalAndWait();
            var finished = _work is null;
            Attempt(replica);
            _end.SignalAndWait();
            if (finished)
            {
                return;
            }
        }
    }

    private void Attempt(int replica)
    {
        try
        {
            _failures[replica] = null;
            _work?.Invoke(replica);
        }
        catch (Exception exception)
        {
            _failures[replica] = ExceptionDispatchInfo.Capture(exception);
        }
    }
}
