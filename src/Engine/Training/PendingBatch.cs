using static TorchSharp.torch;

namespace StableRep.Engine.Training;

/// <summary>A batch while its rows are being decoded, each by whichever thread is free.</summary>
internal sealed class PendingBatch : IDisposable
{
    private readonly LoaderPosition _position;
    private readonly LoaderPosition _next;
    private readonly LoaderSettings _settings;
    private readonly IReadOnlyList<SampleKey> _samples;
    private readonly IReadOnlyList<PositiveSet> _sets;
    private readonly string?[] _failures;
    private readonly ManualResetEventSlim _done = new();
    private readonly Exception? _fault;
    private Tensor? _pixels;
    private int _open;

    private PendingBatch(
        LoaderPosition position, LoaderPosition next, LoaderSettings settings, IReadOnlyList<SampleKey> samples, IReadOnlyList<PositiveSet> sets)
    {
        (_position, _next, _settings, _samples, _sets) = (position, next, settings, samples, sets);
        _failures = new string?[samples.Count];
        _open = samples.Count;
        _pixels = empty([samples.Count, settings.Resolution, settings.Resolution, 3], ScalarType.Byte);
    }

    private PendingBatch(Exception fault)
    {
        (_fault, _settings, _samples, _sets, _failures) = (fault, null!, [], [], []);
        _done.Set();
    }

    public int Rows => _samples.Count;

    /// <summary>Whether the source could not even say what the batch holds.</summary>
    public bool IsFaulted => _fault is not null;

    /// <summary>Why each image that could not be read could not; complete once <see cref="Wait"/> has returned.</summary>
    public IReadOnlyList<string> Failures => [.. _failures.OfType<string>()];

    public static PendingBatch Create(IPositiveSetSource source, BatchPlan plan, LoaderPosition position, LoaderSettings settings)
    {
        try
        {
            var samples = plan.Samples(position);
            return new PendingBatch(position, plan.Next(position), settings, samples, [.. samples.Select(sample => source.Get(sample.SetIndex))]);
        }
#pragma warning disable CA1031 // Whatever the source throws must reach the thread that enumerates.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return new PendingBatch(exception);
        }
    }

    public void Fill(int row, Func<SampleKey, byte[]> decode)
    {
        try
        {
            var rgb = decode(_samples[row]);
            rgb.CopyTo(_pixels!.bytes[(row * rgb.Length)..]);
        }
#pragma warning disable CA1031 // One image must not stop a run of days, whatever is wrong with it; a run of failures does stop it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _failures[row] = $"Image {_samples[row].Image} of caption {_sets[row].CaptionIndex} cannot be read and is left out: {exception.Message}";
        }
        finally
        {
            if (Interlocked.Decrement(ref _open) == 0)
            {
                _done.Set();
            }
        }
    }

    /// <summary>Waits for the last row; null where no image could be read.</summary>
    public TrainingBatch? Wait(CancellationToken cancellationToken)
    {
        _done.Wait(cancellationToken);
        if (_fault is not null)
        {
            throw new InvalidDataException($"The image source failed: {_fault.Message}", _fault);
        }

        var rows = Enumerable.Range(0, Rows).Where(row => _failures[row] is null).ToArray();
        return rows.Length == 0 ? null : Assemble(rows);
    }

    public void Dispose()
    {
        _pixels?.Dispose();
        _done.Dispose();
    }

    private TrainingBatch Assemble(int[] rows)
    {
        var sets = new List<PositiveSet>();
        var setIds = new int[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            if (i == 0 || _samples[rows[i]].SetIndex != _samples[rows[i - 1]].SetIndex)
            {
                sets.Add(_sets[rows[i]]);
            }

            setIds[i] = sets.Count - 1;
        }

        return new TrainingBatch(_position, _next, Images(rows), sets, setIds, [.. rows.Select(row => _samples[row])]);
    }

    private Tensor Images(int[] rows)
    {
        using var scope = NewDisposeScope();
        var pixels = rows.Length == Rows ? _pixels! : _pixels!.index_select(0, tensor(Array.ConvertAll(rows, row => (long)row)));
        pixels = _settings.PinMemory ? pixels.pin_memory() : pixels;
        return pixels.permute(0, 3, 1, 2).DetachFromDisposeScope();
    }
}
