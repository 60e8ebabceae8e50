using StableRep.Engine.Augmentation;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Engine.Training;

/// <summary>
/// The augmented views of one batch as methods see them: rows in views, one after the other. Each view holds at most one row of every set:
/// the first crop of each set's first image, then of its second image, and so on, then the second crops.
/// </summary>
internal sealed class ViewBatch : IDisposable
{
    // Augmenting again costs less than this much memory is worth.
    private const long KeptBytes = 2L << 30;

    private readonly Augmenter _augmenter;
    private readonly Device _device;
    private readonly Tensor _pixels;
    private readonly long[] _pictures;
    private readonly AugmentationDraw[] _draws;
    private readonly bool _keep;
    private Tensor? _kept;

    /// <summary>Lays out a batch; augments nothing yet.</summary>
    /// <param name="batch">The batch; must live as long as this.</param>
    /// <param name="crops">Crops of each image, at least 1.</param>
    /// <param name="augmenter">What makes views of images.</param>
    /// <param name="imageSize">The side of the views, in pixels.</param>
    /// <param name="device">Where to train.</param>
    public ViewBatch(TrainingBatch batch, int crops, Augmenter augmenter, int imageSize, Device device)
    {
        (Batch, _augmenter, _device) = (batch, augmenter, device);
        var ranks = RanksInSet(batch.SetIds);
        var order = Enumerable.Range(0, batch.SetIds.Count).OrderBy(row => ranks[row]).ToArray();
        var (height, width) = ((int)batch.Images.shape[2], (int)batch.Images.shape[3]);
        _pictures = [.. Enumerable.Repeat(order, crops).SelectMany(rows => rows.Select(row => (long)row))];
        _draws = [.. Enumerable.Range(0, crops).SelectMany(crop =>
            augmenter.Draw(batch.Position.Epoch, [.. order.Select(row => batch.Samples[row])], crop, height, width))];
        SetOfRow = [.. _pictures.Select(picture => batch.SetIds[(int)picture])];
        var sizes = ranks.GroupBy(rank => rank).OrderBy(group => group.Key).Select(group => (long)group.Count()).ToArray();
        ViewSizes = [.. Enumerable.Repeat(sizes, crops).SelectMany(view => view)];
        _keep = Count * 3L * imageSize * imageSize * sizeof(float) <= KeptBytes;
        Sets = tensor(Array.ConvertAll(SetOfRow, set => (long)set), device: device).DetachFromDisposeScope();
        Pictures = tensor(_pictures, device: device).DetachFromDisposeScope();
        _pixels = batch.Images.to(device, non_blocking: device.type == DeviceType.CUDA).alias().DetachFromDisposeScope();
    }

    /// <summary>The batch.</summary>
    public TrainingBatch Batch { get; }

    /// <summary>The number of rows, N.</summary>
    public int Count => _pictures.Length;

    /// <summary>The rows of each view, N in sum.</summary>
    public IReadOnlyList<long> ViewSizes { get; }

    /// <summary>The set of each row: its index in the batch's sets.</summary>
    public int[] SetOfRow { get; }

    /// <summary>The set of each row, int64 <c>[N]</c>.</summary>
    public Tensor Sets { get; }

    /// <summary>The image that each row is a crop of, int64 <c>[N]</c>.</summary>
    public Tensor Pictures { get; }

    /// <summary>Augmented rows, always the same ones: <c>[count, 3, S, S]</c>, normalised.</summary>
    public Tensor Images(long start, long count)
    {
        if (count == Count || !_keep)
        {
            return Augment(start, count);
        }

        _kept ??= Augment(0, Count).DetachFromDisposeScope();
        return _kept.narrow(0, start, count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Sets.Dispose();
        Pictures.Dispose();
        _pixels.Dispose();
        _kept?.Dispose();
    }

    private Tensor Augment(long start, long count)
    {
        using var scope = NewDisposeScope();
        var rows = tensor(_pictures.AsSpan((int)start, (int)count).ToArray(), device: _device);
        return _augmenter.Apply(_pixels.index_select(0, rows), _draws[(int)start..(int)(start + count)], _device).MoveToOuterDisposeScope();
    }

    private static int[] RanksInSet(IReadOnlyList<int> sets)
    {
        var seen = new Dictionary<int, int>();
        return [.. sets.Select(set => seen[set] = seen.GetValueOrDefault(set, -1) + 1)];
    }
}
