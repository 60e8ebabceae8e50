using System.Buffers.Binary;
using System.IO.Compression;

namespace StableRep.Engine.Images;

/// <summary>An XMP packet in a PNG file: an <c>iTXt</c> chunk with the keyword that the XMP specification reserves, right after the header.</summary>
internal static class PngMetadata
{
    private const int SignatureLength = 8;
    private const int ChunkOverhead = 12;
    private const int PacketLimit = 1 << 20;
    private static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(index => CrcOfByte((uint)index))];

    private static ReadOnlySpan<byte> Keyword => "XML:com.adobe.xmp\0"u8;

    public static byte[] Insert(ReadOnlySpan<byte> file, ReadOnlySpan<byte> packet)
    {
        // Uncompressed: flag 0, method 0, no language tag, no translated keyword.
        ReadOnlySpan<byte> plain = [0, 0, 0, 0];
        byte[] data = [.. "iTXt"u8, .. Keyword, .. plain, .. packet];
        var chunk = new byte[data.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length - 4);
        data.CopyTo(chunk, 4);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(data.Length + 4), Crc(data));
        var headerEnd = SignatureLength + ChunkOverhead + BinaryPrimitives.ReadInt32BigEndian(file[SignatureLength..]);
        return [.. file[..headerEnd], .. chunk, .. file[headerEnd..]];
    }

    /// <summary>The packet, or an empty array.</summary>
    public static byte[] Find(ReadOnlySpan<byte> file)
    {
        var rest = file[SignatureLength..];
        while (rest.Length >= ChunkOverhead)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length > rest.Length - ChunkOverhead)
            {
                break;
            }

            var data = rest.Slice(8, (int)length);
            if (rest[4..].StartsWith("iTXt"u8) && data.StartsWith(Keyword))
            {
                return Text(data[Keyword.Length..]);
            }

            rest = rest[((int)length + ChunkOverhead)..];
        }

        return [];
    }

    private static byte[] Text(ReadOnlySpan<byte> data)
    {
        if (data.Length < 2)
        {
            return [];
        }

        var compressed = data[0] == 1;
        data = data[2..];
        for (var terminators = 0; terminators < 2; terminators++)
        {
            data = data[(data.IndexOf((byte)0) + 1)..];
        }

        return compressed ? Inflate(data) : data.ToArray();
    }

    private static byte[] Inflate(ReadOnlySpan<byte> data)
    {
        try
        {
            using var stream = new ZLibStream(new MemoryStream(data.ToArray()), CompressionMode.Decompress);
            var buffer = new byte[PacketLimit];
            return buffer[..stream.ReadAtLeast(buffer, PacketLimit, throwOnEndOfStream: false)];
        }
        catch (InvalidDataException)
        {
            return [];
        }
    }

    private static uint Crc(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc = CrcTable[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return ~crc;
    }

    private static uint CrcOfByte(uint value)
    {
        for (var bit = 0; bit < 8; bit++)
        {
            value = (value & 1) != 0 ? 0xEDB88320 ^ (value >> 1) : value >> 1;
        }

        return value;
    }
}
