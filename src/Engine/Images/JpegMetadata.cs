using System.Buffers.Binary;

namespace StableRep.Engine.Images;

/// <summary>An XMP packet in a JPEG file: an APP1 segment, after the JFIF segment where there is one.</summary>
internal static class JpegMetadata
{
    private const byte StartOfScan = 0xda;
    private const byte EndOfImage = 0xd9;
    private const byte App0 = 0xe0;
    private const byte App1 = 0xe1;

    private static ReadOnlySpan<byte> Signature => "http://ns.adobe.com/xap/1.0/\0"u8;

    /// <exception cref="ArgumentException">The packet is longer than one segment holds.</exception>
    public static byte[] Insert(ReadOnlySpan<byte> file, ReadOnlySpan<byte> packet)
    {
        var length = 2 + Signature.Length + packet.Length;
        if (length > ushort.MaxValue)
        {
            throw new ArgumentException(
                $"The generation record takes {packet.Length} bytes and a JPEG file holds {ushort.MaxValue - 2 - Signature.Length}: " +
                "shorten the caption or the negative prompt, or write PNG or WebP.");
        }

        ReadOnlySpan<byte> head = [0xff, App1, (byte)(length >> 8), (byte)length];
        var at = file[2] == 0xff && file[3] == App0 ? 4 + BinaryPrimitives.ReadUInt16BigEndian(file[4..]) : 2;
        return [.. file[..at], .. head, .. Signature, .. packet, .. file[at..]];
    }

    /// <summary>The packet, or an empty span.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> file)
    {
        var rest = file[2..];
        while (rest.Length >= 4 && rest[0] == 0xff && rest[1] is not (StartOfScan or EndOfImage))
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
            if (length < 2 || length > rest.Length - 2)
            {
                break;
            }

            var data = rest[4..(length + 2)];
            if (rest[1] == App1 && data.StartsWith(Signature))
            {
                return data[Signature.Length..];
            }

            rest = rest[(length + 2)..];
        }

        return [];
    }
}
