using System.Buffers.Binary;

namespace StableRep.Engine.Images;

/// <summary>
/// An XMP packet in a WebP file: a chunk <c>XMP </c> after the pixels, announced in the extended header <c>VP8X</c>, which a simple file is
/// given here. Layout: RFC 9649.
/// </summary>
internal static class WebpMetadata
{
    private const int RiffHeader = 12;
    private const int ChunkHeader = 8;
    private const byte FlagXmp = 0x04;
    private const byte FlagAlpha = 0x10;

    public static byte[] Insert(ReadOnlySpan<byte> file, ReadOnlySpan<byte> packet, int width, int height)
    {
        byte[] chunks = file[RiffHeader..].StartsWith("VP8X"u8)
            ? [.. file[RiffHeader..]]
            : [.. Chunk("VP8X"u8, ExtendedHeader(width, height, HasAlpha(file[RiffHeader..]))), .. file[RiffHeader..]];
        chunks[ChunkHeader] |= FlagXmp;
        byte[] body = [.. "WEBP"u8, .. chunks, .. Chunk("XMP "u8, packet)];
        return Chunk("RIFF"u8, body);
    }

    /// <summary>The packet, or an empty span.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> file)
    {
        var rest = file[RiffHeader..];
        while (rest.Length >= ChunkHeader)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            if (length > rest.Length - ChunkHeader)
            {
                break;
            }

            if (rest.StartsWith("XMP "u8))
            {
                return rest.Slice(ChunkHeader, (int)length);
            }

            rest = rest[(int)Math.Min(ChunkHeader + length + (length & 1), rest.Length)..];
        }

        return [];
    }

    private static byte[] ExtendedHeader(int width, int height, bool alpha)
    {
        var header = new byte[10];
        header[0] = alpha ? FlagAlpha : (byte)0;
        WriteUInt24(header.AsSpan(4), width - 1);
        WriteUInt24(header.AsSpan(7), height - 1);
        return header;
    }

    // A lossless stream says in its 29th bit whether it has alpha; a simple lossy one never has.
    private static bool HasAlpha(ReadOnlySpan<byte> image) => image.StartsWith("VP8L"u8) && (image[ChunkHeader + 4] & 0x10) != 0;

    private static byte[] Chunk(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        var chunk = new byte[ChunkHeader + data.Length + (data.Length & 1)];
        name.CopyTo(chunk);
        BinaryPrimitives.WriteInt32LittleEndian(chunk.AsSpan(4), data.Length);
        data.CopyTo(chunk.AsSpan(ChunkHeader));
        return chunk;
    }

    private static void WriteUInt24(Span<byte> target, int value) =>
        (target[0], target[1], target[2]) = ((byte)value, (byte)(value >> 8), (byte)(value >> 16));
}
