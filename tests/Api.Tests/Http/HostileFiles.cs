using System.IO.Compression;
using System.Text;
using StableRep.Engine.Images;

namespace StableRep.Api.Tests.Http;

/// <summary>Files that do harm to whoever trusts them.</summary>
internal static class HostileFiles
{
    public static byte[] Picture { get; } = ImageCodec.Encode(new PixelImage(8, 8, new byte[8 * 8 * 3]), ImageFormat.Png);

    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    public static byte[] Gzip(byte[] content)
    {
        using var memory = new MemoryStream();
        using (var zip = new GZipStream(memory, CompressionLevel.Fastest, leaveOpen: true))
        {
            zip.Write(content);
        }

        return memory.ToArray();
    }

    /// <summary>A dataset of two classes with further entries.</summary>
    public static byte[] Dataset(params (string Name, byte[] Content)[] more) => Zip(
        [.. from split in (string[])["train", "test"] from label in (string[])["a", "b"] select ($"{split}/{label}/1.png", Picture), .. more]);

    public static byte[] Zip(params (string Name, byte[] Content)[] entries)
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(content);
            }
        }

        return memory.ToArray();
    }

    public static byte[] ZipWithLink()
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        {
            var entry = zip.CreateEntry("train/a/1.png");
            entry.ExternalAttributes = unchecked((int)0xA1FF0000);
            using var stream = entry.Open();
            stream.Write("/etc/passwd"u8);
        }

        return memory.ToArray();
    }

    /// <summary>200 MB of nothing in some kilobytes.</summary>
    public static byte[] Bomb()
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var entry = zip.CreateEntry("train/a/1.png", CompressionLevel.Fastest).Open();
            var nothing = new byte[1 << 20];
            for (var megabyte = 0; megabyte < 200; megabyte++)
            {
                entry.Write(nothing);
            }
        }

        return memory.ToArray();
    }

    /// <summary>A picture of 8 by 8 pixels whose header says 60,000 by 60,000.</summary>
    public static byte[] LyingPicture()
    {
        var file = (byte[])Picture.Clone();
        foreach (var offset in (int[])[16, 20])
        {
            (file[offset], file[offset + 1], file[offset + 2], file[offset + 3]) = (0, 0, 0xEA, 0x60);
        }

        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(29), Crc(file.AsSpan(12, 17)));
        return file;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
            }
        }

        return ~crc;
    }
}
