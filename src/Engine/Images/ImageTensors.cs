using static TorchSharp.torch;

namespace StableRep.Engine.Images;

/// <summary>Pictures to and from tensors, channels first. Results belong to the caller's dispose scope.</summary>
public static class ImageTensors
{
    /// <summary>Pictures of one size as bytes.</summary>
    /// <returns><c>[B, 3, H, W]</c> uint8 on the CPU, contiguous.</returns>
    /// <exception cref="ArgumentException">There is no picture, or the sizes differ.</exception>
    public static Tensor ToBytes(IReadOnlyList<PixelImage> images)
    {
        if (images.Count == 0)
        {
            throw new ArgumentException("A batch needs at least one picture.", nameof(images));
        }

        var (width, height) = (images[0].Width, images[0].Height);
        using var interleaved = empty([images.Count, height, width, 3], ScalarType.Byte);
        var bytes = interleaved.bytes;
        for (var i = 0; i < images.Count; i++)
        {
            if (images[i].Width != width || images[i].Height != height)
            {
                throw new ArgumentException(
                    $"Picture {i} is {images[i].Width} x {images[i].Height} and picture 0 is {width} x {height}: " +
                    "a batch has one size; resize them first.", nameof(images));
            }

            images[i].Rgb.CopyTo(bytes[(i * images[i].Rgb.Length)..]);
        }

        using var planes = interleaved.permute(0, 3, 1, 2);
        return planes.contiguous();
    }

    /// <summary>Pictures of one size as numbers in [0, 1].</summary>
    /// <returns><c>[B, 3, H, W]</c> fp32 on the CPU.</returns>
    /// <exception cref="ArgumentException">There is no picture, or the sizes differ.</exception>
    public static Tensor ToFloats(IReadOnlyList<PixelImage> images)
    {
        using var bytes = ToBytes(images);
        return ToFloats(bytes);
    }

    /// <summary>Bytes to fp32 in [0, 1] on the same device.</summary>
    public static Tensor ToFloats(Tensor bytes) => bytes.to(ScalarType.Float32).div_(255f);

    /// <summary>One picture as numbers in [0, 1].</summary>
    /// <returns><c>[3, H, W]</c> fp32 on the CPU.</returns>
    public static Tensor ToFloats(PixelImage image)
    {
        using var batch = ToFloats([image]);
        return batch.squeeze(0);
    }

    /// <summary>Pictures from numbers in [0, 1]; what lies outside is clamped, and the nearest of the 256 levels is taken.</summary>
    /// <param name="batch"><c>[B, 3, H, W]</c> floats of any precision, on any device, or uint8 levels.</param>
    /// <exception cref="ArgumentException">The tensor has another shape.</exception>
    public static PixelImage[] ToImages(Tensor batch)
    {
        if (batch.dim() != 4 || batch.shape[1] != 3)
        {
            throw new ArgumentException($"Pictures have the shape [B, 3, H, W], not [{string.Join(", ", batch.shape)}].", nameof(batch));
        }

        using var scope = NewDisposeScope();
        var levels = batch.dtype == ScalarType.Byte
            ? batch
            : batch.detach().to(ScalarType.Float32).clamp(0, 1).mul_(255f).add_(0.5f).to(ScalarType.Byte);
        var interleaved = levels.permute(0, 2, 3, 1).contiguous().cpu();
        var (height, width) = ((int)batch.shape[2], (int)batch.shape[3]);
        var length = height * width * 3;
        var images = new PixelImage[batch.shape[0]];
        for (var i = 0; i < images.Length; i++)
        {
            images[i] = new PixelImage(width, height, interleaved.bytes.Slice(i * length, length).ToArray());
        }

        return images;
    }

    /// <summary>One picture from numbers in [0, 1].</summary>
    /// <param name="image"><c>[3, H, W]</c>.</param>
    public static PixelImage ToImage(Tensor image)
    {
        using var batch = image.unsqueeze(0);
        return ToImages(batch)[0];
    }
}
