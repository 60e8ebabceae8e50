using System.Buffers;
using SkiaSharp;

namespace StableRep.Engine.Images;

/// <summary>
/// Pictures to and from files. The only file that knows the codec library. Thread-safe.
/// </summary>
/// <remarks>
/// Decoding gives what a viewer shows: the EXIF orientation is applied, an embedded colour profile is converted to sRGB, grey, palette,
/// CMYK and 16-bit pictures become 8-bit RGB, transparency is laid on white, and of an animation the first frame is taken.
/// </remarks>
public static class ImageCodec
{
    /// <summary>The largest picture decoded by default: 64 megapixels, 8192 x 8192.</summary>
    public const long DefaultMaxPixels = 1L << 26;

    private const int PooledBufferLimit = 1 << 24;

    private static readonly SKEncodedImageFormat[] Readable =
        [SKEncodedImageFormat.Png, SKEncodedImageFormat.Jpeg, SKEncodedImageFormat.Webp, SKEncodedImageFormat.Gif, SKEncodedImageFormat.Bmp];

    /// <summary>Encodes a picture; the same pixels and settings give the same bytes.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="format">The file's format.</param>
    /// <param name="quality">1 (smallest) to 100 (best), for JPEG and WebP; WebP at 100 is lossless. PNG is always lossless.</param>
    /// <param name="record">How the picture was made, embedded as an XMP packet, or null.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="quality"/> is not in [1, 100].</exception>
    /// <exception cref="ArgumentException">The record does not fit (JPEG holds 64 KB), or the picture exceeds the format's size.</exception>
    public static byte[] Encode(PixelImage image, ImageFormat format, int quality = 95, GenerationRecord? record = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        var file = EncodePixels(image, format, quality);
        return record is null ? file : format switch
        {
            ImageFormat.Png => PngMetadata.Insert(file, RecordPacket.Write(record)),
            ImageFormat.Jpeg => JpegMetadata.Insert(file, RecordPacket.Write(record)),
            _ => WebpMetadata.Insert(file, RecordPacket.Write(record), image.Width, image.Height),
        };
    }

    /// <summary>The record that <see cref="Encode"/> embedded, or null where the file has none that is readable.</summary>
    public static GenerationRecord? ReadRecord(ReadOnlySpan<byte> file)
    {
        var packet = ImageFormats.Detect(file) switch
        {
            ImageFormat.Png => PngMetadata.Find(file),
            ImageFormat.Jpeg => JpegMetadata.Find(file),
            ImageFormat.Webp => WebpMetadata.Find(file),
            _ => [],
        };
        return packet.IsEmpty ? null : RecordPacket.Read(packet);
    }

    /// <summary>The size that the file's header announces, as it will be shown (after the EXIF orientation), without decoding.</summary>
    /// <exception cref="InvalidImageException">The file is no PNG, JPEG, WebP, GIF or BMP picture.</exception>
    public static unsafe (int Width, int Height) ReadSize(ReadOnlySpan<byte> file)
    {
        fixed (byte* start = file)
        {
            using var data = SKData.Create((IntPtr)start, file.Length);
            using var codec = Open(data, file.Length);
            return IsTransposed(codec.EncodedOrigin) ? (codec.Info.Height, codec.Info.Width) : (codec.Info.Width, codec.Info.Height);
        }
    }

    /// <summary>Decodes a PNG, JPEG, WebP, GIF or BMP file.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="maxPixels">The largest width × height; a header that announces more is refused before any pixel is allocated.</param>
    /// <exception cref="InvalidImageException">The file is no picture, announces too many pixels, or is truncated or damaged.</exception>
    public static unsafe PixelImage Decode(ReadOnlySpan<byte> file, long maxPixels = DefaultMaxPixels)
    {
        fixed (byte* start = file)
        {
            using var data = SKData.Create((IntPtr)start, file.Length);
            using var codec = Open(data, file.Length);
            var (width, height) = (codec.Info.Width, codec.Info.Height);
            var pixels = (long)width * height;
            if (pixels > Math.Min(maxPixels, Array.MaxLength / 4))
            {
                throw new InvalidImageException(InvalidImageReason.TooLarge,
                    $"The picture's header announces {width} x {height} = {pixels:N0} pixels; {maxPixels:N0} are allowed.");
            }

            return Decode(codec, width, height);
        }
    }

    private static SKCodec Open(SKData data, int length)
    {
        var codec = length == 0 ? null : SKCodec.Create(data);
        if (codec is not null && Readable.Contains(codec.EncodedFormat))
        {
            return codec;
        }

        using (codec)
        {
            throw new InvalidImageException(InvalidImageReason.NotAnImage, length == 0
                ? "The file is empty."
                : $"The {length:N0} bytes are no readable PNG, JPEG, WebP, GIF or BMP picture.");
        }
    }

    private static unsafe PixelImage Decode(SKCodec codec, int width, int height)
    {
        var length = width * height * 4;
        var rgba = length <= PooledBufferLimit ? ArrayPool<byte>.Shared.Rent(length) : new byte[length];
        try
        {
            var info = new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Premul, SKColorSpace.CreateSrgb());
            fixed (byte* target = rgba)
            {
                Check(codec.GetPixels(info, (IntPtr)target), width, height);
            }

            var rgb = new byte[width * height * 3];
            CopyOnWhite(rgba, rgb, opaque: codec.Info.AlphaType == SKAlphaType.Opaque);
            return Orient(rgb, width, height, codec.EncodedOrigin);
        }
        finally
        {
            if (length <= PooledBufferLimit)
            {
                ArrayPool<byte>.Shared.Return(rgba);
            }
        }
    }

    private static void Check(SKCodecResult result, int width, int height)
    {
        if (result == SKCodecResult.Success)
        {
            return;
        }

        throw result == SKCodecResult.IncompleteInput
            ? new InvalidImageException(InvalidImageReason.Truncated, $"The file ends before the last pixel of its {width} x {height} picture.")
            : new InvalidImageException(InvalidImageReason.Damaged, $"The {width} x {height} picture does not decode: {result}.");
    }

    private static unsafe void CopyOnWhite(ReadOnlySpan<byte> rgba, Span<byte> rgb, bool opaque)
    {
        fixed (byte* from = rgba, to = rgb)
        {
            byte* source = from, target = to, end = to + rgb.Length;
            for (; target < end; source += 4, target += 3)
            {
                // Premultiplied: the white that shines through is what alpha leaves.
                var white = opaque ? 0 : 255 - source[3];
                target[0] = (byte)(source[0] + white);
                target[1] = (byte)(source[1] + white);
                target[2] = (byte)(source[2] + white);
            }
        }
    }

    private static bool IsTransposed(SKEncodedOrigin origin) => origin >= SKEncodedOrigin.LeftTop;

    private static PixelImage Orient(byte[] rgb, int width, int height, SKEncodedOrigin origin)
    {
        if (origin == SKEncodedOrigin.TopLeft)
        {
            return new PixelImage(width, height, rgb);
        }

        // The stored picture's first row is the shown picture's top, bottom, left or right; its first column likewise.
        var (shownWidth, shownHeight) = IsTransposed(origin) ? (height, width) : (width, height);
        var shown = new byte[rgb.Length];
        for (var y = 0; y < shownHeight; y++)
        {
            for (var x = 0; x < shownWidth; x++)
            {
                var (column, row) = origin switch
                {
                    SKEncodedOrigin.TopRight => (width - 1 - x, y),
                    SKEncodedOrigin.BottomRight => (width - 1 - x, height - 1 - y),
                    SKEncodedOrigin.BottomLeft => (x, height - 1 - y),
                    SKEncodedOrigin.LeftTop => (y, x),
                    SKEncodedOrigin.RightTop => (y, height - 1 - x),
                    SKEncodedOrigin.RightBottom => (width - 1 - y, height - 1 - x),
                    SKEncodedOrigin.LeftBottom => (width - 1 - y, x),
                    _ => (x, y),
                };
                rgb.AsSpan((row * width + column) * 3, 3).CopyTo(shown.AsSpan((y * shownWidth + x) * 3));
            }
        }

        return new PixelImage(shownWidth, shownHeight, shown);
    }

    private static unsafe byte[] EncodePixels(PixelImage image, ImageFormat format, int quality)
    {
        var rgba = new byte[image.Width * image.Height * 4];
        for (int source = 0, target = 0; source < image.Rgb.Length; source += 3, target += 4)
        {
            rgba[target] = image.Rgb[source];
            rgba[target + 1] = image.Rgb[source + 1];
            rgba[target + 2] = image.Rgb[source + 2];
            rgba[target + 3] = 255;
        }

        fixed (byte* pixels = rgba)
        {
            // No colour space: the bytes are sRGB, which is what a file without a profile means.
            using var pixmap = new SKPixmap(
                new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque), (IntPtr)pixels);
            using var file = format switch
            {
                ImageFormat.Png => pixmap.Encode(new SKPngEncoderOptions(SKPngEncoderFilterFlags.AllFilters, zLibLevel: 6)),
                ImageFormat.Jpeg => pixmap.Encode(new SKJpegEncoderOptions(
                    quality,
                    quality >= 90 ? SKJpegEncoderDownsample.Downsample444 : SKJpegEncoderDownsample.Downsample420,
                    SKJpegEncoderAlphaOption.Ignore)),
                ImageFormat.Webp when quality == 100 => pixmap.Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossless, 75)),
                ImageFormat.Webp => pixmap.Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossy, quality)),
                _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Not a picture format."),
            };
            return file?.ToArray() ?? throw new ArgumentException(
                $"A {image.Width} x {image.Height} picture cannot be written as {format} (JPEG ends at 65,535 a side, WebP at 16,383).");
        }
    }
}
