using System.Globalization;
using static TorchSharp.torch;

namespace StableRep.Benchmarks;

/// <summary>
/// The machine's fp32 matrix peak: the best rate of a product of two 2048² matrices with as many threads as libtorch uses now, in floating-point
/// operations a second, and a second of one core.
/// </summary>
internal sealed record MatrixPeak(double PerSecond, double PerCoreSecond)
{
    private const int Size = 2048;

    /// <summary>Measures for about two seconds.</summary>
    public static MatrixPeak Measure(Device device)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var (a, b) = (rand([Size, Size], device: device), rand([Size, Size], device: device));
        const double work = 2.0 * Size * Size * Size;
        var best = Timing.Best(() => a.mm(b).Dispose(), seconds: 2);
        return new MatrixPeak(work / best.Seconds, work / best.CoreSeconds);
    }

    /// <summary>The rate of some work and its share of the peak, by the clock and by the cores' time.</summary>
    public string Rate(double work, Timing time) => string.Create(
        CultureInfo.InvariantCulture,
        $"{work / time.Seconds / 1e9,6:f1} GFLOP/s, {work / time.Seconds / PerSecond,4:p0} of the matrix peak ({work / time.CoreSeconds / PerCoreSecond:p0} by core time)");

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"matrix peak {PerSecond / 1e9:f1} GFLOP/s ({PerCoreSecond / 1e9:f1} a core)");
}
