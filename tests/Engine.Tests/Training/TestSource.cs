using StableRep.Engine.Images;
using StableRep.Engine.Training;

namespace StableRep.Engine.Tests.Training;

/// <summary>Sets of plain pictures whose red tells the set and whose green tells the image.</summary>
internal sealed class TestSource(int[] imageCounts, int side = 8) : IPositiveSetSource
{
    private int _reads;

    public int Reads => _reads;

    public Func<int, int, bool> Unreadable { get; init; } = (_, _) => false;

    public int Count => imageCounts.Length;

    public PositiveSet Get(int index) => new(CaptionIndex: 100 + index, $"caption {index}", imageCounts[index]);

    public PixelImage Read(int index, int image)
    {
        Interlocked.Increment(ref _reads);
        if (Unreadable(index, image))
        {
            throw new InvalidImageException(InvalidImageReason.Damaged, "bad bytes");
        }

        return new PixelImage(side, side, [.. Enumerable.Repeat(new[] { (byte)index, (byte)image, (byte)7 }, side * side).SelectMany(pixel => pixel)]);
    }
}

/// <summary>Keeps the log's lines.</summary>
internal sealed class RecordingObserver : IRunObserver
{
    public List<string> Lines { get; } = [];

    public void Log(RunLogLevel level, string message) => Lines.Add($"{level}: {message}");
}
