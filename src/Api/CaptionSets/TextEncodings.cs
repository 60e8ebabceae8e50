using System.Text;
using System.Text.Unicode;

namespace StableRep.Api.CaptionSets;

/// <summary>Recognises the encoding of a text file.</summary>
internal static class TextEncodings
{
    private const int BlockSize = 1 << 16;

    /// <summary>
    /// UTF-8 and UTF-16 by their byte-order mark; without one UTF-16 by its zero bytes, UTF-8 where the whole stream is valid, else
    /// Latin-1 (every stream is valid Latin-1).
    /// </summary>
    /// <param name="stream">A stream at its beginning; read to its end.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<Encoding> DetectAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[BlockSize];
        var kept = await stream.ReadAtLeastAsync(buffer, BlockSize, throwOnEndOfStream: false, cancellationToken);
        switch (buffer)
        {
            case [0xFF, 0xFE, ..] when kept >= 2:
                return Encoding.Unicode;
            case [0xFE, 0xFF, ..] when kept >= 2:
                return Encoding.BigEndianUnicode;
            case [_, 0, _, 0, ..] when kept >= 4:
                return new UnicodeEncoding(bigEndian: false, byteOrderMark: false);
            case [0, _, 0, _, ..] when kept >= 4:
                return new UnicodeEncoding(bigEndian: true, byteOrderMark: false);
        }

        while (kept > 0)
        {
            // A character may straddle two blocks: its first bytes wait for the rest.
            var incomplete = IncompleteTail(buffer.AsSpan(0, kept));
            if (!Utf8.IsValid(buffer.AsSpan(0, kept - incomplete)))
            {
                return Encoding.Latin1;
            }

            buffer.AsSpan(kept - incomplete, incomplete).CopyTo(buffer);
            var read = await stream.ReadAtLeastAsync(buffer.AsMemory(incomplete), BlockSize - incomplete, throwOnEndOfStream: false, cancellationToken);
            if (read == 0)
            {
                return incomplete == 0 ? Encoding.UTF8 : Encoding.Latin1;
            }

            kept = incomplete + read;
        }

        return Encoding.UTF8;
    }

    private static int IncompleteTail(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            var lead = bytes[^back];
            if ((lead & 0xC0) != 0x80)
            {
                var length = lead switch { >= 0xF0 => 4, >= 0xE0 => 3, >= 0xC0 => 2, _ => 1 };
                return length > back ? back : 0;
            }
        }

        return 0;
    }
}
