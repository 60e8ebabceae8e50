using System.IO.Compression;
using StableRep.Engine.Images;

namespace StableRep.Engine.Tests.Images;

/// <summary>Pictures and picture files made without the codec under test.</summary>
internal static class TestPictures
{
    /// <summary>A smooth picture that every pixel's place can be told from.</summary>
    public static PixelImage Gradient(int width, int height)
    {
        var rgb = new byte[width * height * 3];
        for (var i = 0; i < width * height; i++)
        {
            rgb[i * 3] = (byte)(255 * (i % width) / Math.Max(width - 1, 1));
            rgb[i * 3 + 1] = (byte)(255 * (i / width) / Math.Max(height - 1, 1));
            rgb[i * 3 + 2] = (byte)((i % width + i / width) % 256);
        }

        return new PixelImage(width, height, rgb);
    }

    public static GenerationRecord Record(string caption = "a red bird on a branch", int captionIndex = 7, int imageIndex = 2) => new()
    {
        Caption = caption,
        CaptionIndex = captionIndex,
        ImageIndex = imageIndex,
        Seed = long.MaxValue - 1,
        GuidanceScale = 2.5,
        Steps = 50,
        Sampler = "ddim",
        CheckpointHash = new string('a', 64),
        NegativePrompt = "blurry <low> & \"bad\"",
    };

    /// <summary>A PNG file with any header: colour type 0 grey, 2 RGB, 3 palette, 4 grey + alpha, 6 RGBA; depth 8 or 16.</summary>
    public static byte[] Png(int width, int height, byte depth, byte colour, byte[] rows, byte[]? palette = null)
    {
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            var stride = rows.Length / height;
            for (var y = 0; y < height; y++)
            {
                zlib.WriteByte(0);
                zlib.Write(rows, y * stride, stride);
            }
        }

        return PngWithData(width, height, depth, colour, compressed.ToArray(), palette);
    }

    public static byte[] PngWithData(int width, int height, byte depth, byte colour, byte[] data, byte[]? palette = null)
    {
        byte[] header = [.. BigEndian(width), .. BigEndian(height), depth, colour, 0, 0, 0];
        return
        [
            0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a,
            .. Chunk("IHDR"u8, header),
            .. palette is null ? [] : Chunk("PLTE"u8, palette),
            .. Chunk("IDAT"u8, data),
            .. Chunk("IEND"u8, []),
        ];
    }

    /// <summary>An EXIF segment with nothing but an orientation, put after a JPEG file's first two bytes.</summary>
    public static byte[] WithOrientation(byte[] jpeg, byte orientation) =>
    [
        0xff, 0xd8,
        0xff, 0xe1, 0, 34, .. "Exif\0\0"u8,
        .. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
        .. jpeg[2..],
    ];

    /// <summary>An 8 x 8 JPEG of one colour with four Adobe (inverted) CMYK components, each a DC coefficient alone.</summary>
    public static byte[] CmykJpeg(byte cyan, byte magenta, byte yellow, byte black)
    {
        var bits = new List<bool>();
        foreach (var ink in new[] { cyan, magenta, yellow, black })
        {
            // The quantiser is 8, so that the DC coefficient is the level's distance from grey.
            var level = 255 - ink - 128;
            var size = 32 - int.LeadingZeroCount(Math.Abs(level));
            Push(bits, size, 4);
            Push(bits, level >= 0 ? level : level + (1 << size) - 1, size);
            Push(bits, 0, 1);
        }

        while (bits.Count % 8 != 0)
        {
            bits.Add(true);
        }

        var scan = new List<byte>();
        foreach (var eight in bits.Chunk(8))
        {
            var value = (byte)eight.Aggregate(0, (sum, bit) => sum * 2 + (bit ? 1 : 0));
            scan.Add(value);
            if (value == 0xff)
            {
                scan.Add(0);
            }
        }

        return
        [
            0xff, 0xd8,
            0xff, 0xee, 0, 14, .. "Adobe"u8, 0, 100, 0, 0, 0, 0, 0,
            0xff, 0xdb, 0, 67, 0, .. Enumerable.Repeat((byte)8, 64),
            0xff, 0xc0, 0, 20, 8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0,
            // DC: twelve codes of four bits for the sizes 0 to 11; AC: one code of one bit, the end of the block.
            0xff, 0xc4, 0, 31, 0x00, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
            0xff, 0xc4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0xff, 0xda, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0,
            .. scan,
            0xff, 0xd9,
        ];
    }

    private static void Push(List<bool> bits, int value, int count)
    {
        for (var bit = count - 1; bit >= 0; bit--)
        {
            bits.Add((value >> bit & 1) != 0);
        }
    }

    private static byte[] Chunk(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        byte[] body = [.. name, .. data];
        return [.. BigEndian(data.Length), .. body, .. BigEndian((int)Crc(body))];
    }

    private static uint Crc(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
            }
        }

        return ~crc;
    }

    private static byte[] BigEndian(int value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
}
