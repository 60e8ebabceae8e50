namespace StableRep.Engine.Images;

/// <summary>The formats that pictures are written in.</summary>
public enum ImageFormat
{
    /// <summary>Lossless.</summary>
    Png,

    /// <summary>Lossy, read everywhere.</summary>
    Jpeg,

    /// <summary>Lossy below quality 100, lossless at 100.</summary>
    Webp,
}

/// <summary>Names and content types of the formats.</summary>
public static class ImageFormats
{
    /// <summary>The file extension without a dot: <c>png</c>, <c>jpg</c> or <c>webp</c>.</summary>
    public static string Extension(this ImageFormat format) => format == ImageFormat.Jpeg ? "jpg" : format.ToString().ToLowerInvariant();

    /// <summary>The MIME type, such as <c>image/png</c>.</summary>
    public static string ContentType(this ImageFormat format) => $"image/{format.ToString().ToLowerInvariant()}";

    /// <summary>The format of a file's first bytes, or null where they are none of these.</summary>
    public static ImageFormat? Detect(ReadOnlySpan<byte> file)
    {
        ReadOnlySpan<byte> png = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];
        ReadOnlySpan<byte> jpeg = [0xff, 0xd8, 0xff];
        return file.StartsWith(png) ? ImageFormat.Png
            : file.StartsWith(jpeg) ? ImageFormat.Jpeg
            : file.Length >= 12 && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8) ? ImageFormat.Webp
            : null;
    }

    /// <summary>Whether a file extension, with or without its dot and in any case, names a picture that <see cref="ImageCodec"/> reads.</summary>
    public static bool IsImageExtension(string extension) =>
        extension.TrimStart('.').ToLowerInvariant() is "png" or "jpg" or "jpeg" or "webp" or "bmp" or "gif";
}
