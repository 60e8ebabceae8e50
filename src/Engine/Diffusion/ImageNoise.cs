using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion;

/// <summary>
/// The noise of generated images. It is a function of (seed, caption index, image index, step) alone: whatever the batch, shard, device or
/// worker, an image starts from the same noise, and no two images share theirs.
/// </summary>
internal static class ImageNoise
{
    /// <summary>The step of the noise that sampling starts from; a sampler's own draws have the steps from 1.</summary>
    public const int Initial = 0;

    /// <summary>Standard normal noise for a batch.</summary>
    /// <param name="seed">The image set's seed.</param>
    /// <param name="images">The caption's and the image's index of each row.</param>
    /// <param name="step"><see cref="Initial"/>, or 1 more than the sampler's step.</param>
    /// <param name="shape">The shape of one image's noise, <c>[C, H, W]</c>.</param>
    /// <param name="device">Where the result lives.</param>
    /// <returns>fp32 <c>[images, C, H, W]</c>.</returns>
    public static Tensor Draw(long seed, IReadOnlyList<(int Caption, int Image)> images, int step, ReadOnlySpan<long> shape, Device device)
    {
        var result = empty([images.Count, .. shape], float32);
        var values = result.data<float>();
        var length = (int)(result.NumberOfElements / images.Count);
        var row = new float[length];
        for (var i = 0; i < images.Count; i++)
        {
            Fill(row, seed, images[i].Caption, images[i].Image, step);
            values.CopyFrom(row, 0, i * (long)length);
        }

        return result.MoveTo(device);
    }

    /// <summary>Fills a row with standard normal numbers, by the method of Box and Muller.</summary>
    public static void Fill(Span<float> row, long seed, int caption, int image, int step)
    {
        for (var i = 0; i < row.Length; i += 4)
        {
            var (a, b, c, d) = Philox.Words(unchecked((ulong)seed), (uint)i / 4, (uint)step, (uint)image, (uint)caption);
            Pair(row[i..], a, b);
            Pair(row[Math.Min(i + 2, row.Length)..], c, d);
        }
    }

    private static void Pair(Span<float> target, uint radius, uint angle)
    {
        // Never 0, whose logarithm is not a number.
        var length = Math.Sqrt(-2 * Math.Log((radius + 0.5) / (1L << 32)));
        var (sine, cosine) = Math.SinCos(2 * Math.PI * angle / (1L << 32));
        if (target.Length > 0)
        {
            target[0] = (float)(length * cosine);
        }

        if (target.Length > 1)
        {
            target[1] = (float)(length * sine);
        }
    }

    private static Tensor MoveTo(this Tensor tensor, Device device)
    {
        if (device.type == TorchSharp.DeviceType.CPU)
        {
            return tensor;
        }

        using (tensor)
        {
            return tensor.to(device);
        }
    }
}
