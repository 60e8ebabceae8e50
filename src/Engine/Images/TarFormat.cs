using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace StableRep.Engine.Images;

/// <summary>The 512-byte blocks of tar files: POSIX ustar and PAX, and what GNU tar adds for reading.</summary>
internal static class TarFormat
{
    public const int Block = 512;
    public const char RegularFile = '0';
    public const char Directory = '5';
    public const char PaxHeader = 'x';
    public const char PaxGlobalHeader = 'g';
    public const char GnuLongName = 'L';
    public const char GnuLongLink = 'K';
    public const char GnuSparse = 'S';

    private const int NameLength = 100;

    /// <summary>The bytes from a content's end to the next block.</summary>
    public static int Padding(long length) => (int)(-length & (Block - 1));

    /// <summary>The header blocks of a regular file. Nothing but name and length varies: owner, group, time and mode are fixed.</summary>
    public static byte[] FileHeader(string name, long length)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        if (bytes.Length <= NameLength && Ascii.IsValid(bytes))
        {
            return Header(bytes, length, RegularFile);
        }

        // A name that ustar's field cannot hold goes before the header in a PAX record, whose length counts its own digits.
        var record = PaxRecord("path", name);
        return
        [
            .. Header("PaxHeader"u8, record.Length, PaxHeader),
            .. record,
            .. new byte[Padding(record.Length)],
            .. Header(bytes.AsSpan(0, Math.Min(bytes.Length, NameLength)), length, RegularFile),
        ];
    }

    /// <summary>Whether the block's checksum is right; old tars summed signed bytes.</summary>
    public static bool HasChecksum(ReadOnlySpan<byte> header)
    {
        var (unsigned, signed) = (0L, 0L);
        for (var i = 0; i < Block; i++)
        {
            var value = i is >= 148 and < 156 ? (byte)' ' : header[i];
            unsigned += value;
            signed += (sbyte)value;
        }

        return Number(header[148..156]) is { } stored && (stored == unsigned || stored == signed);
    }

    /// <summary>The name, with ustar's prefix where the block has one.</summary>
    public static string Name(ReadOnlySpan<byte> header)
    {
        var name = Text(header[..NameLength]);
        var isPosix = header[257..263].SequenceEqual("ustar\0"u8);
        var prefix = isPosix ? Text(header[345..500]) : "";
        return prefix.Length == 0 ? name : $"{prefix}/{name}";
    }

    /// <summary>The content's length, or null where the field is no number that fits.</summary>
    public static long? Length(ReadOnlySpan<byte> header) => Number(header[124..136]);

    /// <summary>What kind of entry it is; old tars write a zero for a regular file.</summary>
    public static char Type(ReadOnlySpan<byte> header) => header[156] == 0 || header[156] == '7' ? RegularFile : (char)header[156];

    /// <summary>The text up to the first zero.</summary>
    public static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    /// <summary>Reads the records <c>LENGTH KEY=VALUE\n</c> of a PAX header; null where they are malformed.</summary>
    public static Dictionary<string, string>? PaxRecords(ReadOnlySpan<byte> data)
    {
        var records = new Dictionary<string, string>();
        while (!data.IsEmpty && data[0] != 0)
        {
            var space = data.IndexOf((byte)' ');
            if (space is < 1 or > 9
                || !int.TryParse(data[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length <= space + 1 || length > data.Length || data[length - 1] != '\n')
            {
                return null;
            }

            var record = data[(space + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (equals < 1)
            {
                return null;
            }

            records[Encoding.UTF8.GetString(record[..equals])] = Encoding.UTF8.GetString(record[(equals + 1)..]);
            data = data[length..];
        }

        return records;
    }

    private static byte[] PaxRecord(string key, string value)
    {
        var body = Encoding.UTF8.GetByteCount($" {key}={value}\n");
        var length = body;
        while (length != body + length.ToString(CultureInfo.InvariantCulture).Length)
        {
            length = body + length.ToString(CultureInfo.InvariantCulture).Length;
        }

        return Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{length} {key}={value}\n"));
    }

    private static byte[] Header(ReadOnlySpan<byte> name, long length, char type)
    {
        var header = new byte[Block];
        name.CopyTo(header);
        "0000644\0"u8.CopyTo(header.AsSpan(100));
        "0000000\0"u8.CopyTo(header.AsSpan(108));
        "0000000\0"u8.CopyTo(header.AsSpan(116));
        Octal(header.AsSpan(124, 11), length);
        "00000000000\0"u8.CopyTo(header.AsSpan(136));
        "        "u8.CopyTo(header.AsSpan(148));
        header[156] = (byte)type;
        "ustar\u000000"u8.CopyTo(header.AsSpan(257));
        Octal(header.AsSpan(148, 6), header.Sum(value => (long)value));
        header[154] = 0;
        return header;
    }

    private static void Octal(Span<byte> field, long value)
    {
        for (var i = field.Length - 1; i >= 0; i--, value >>= 3)
        {
            field[i] = (byte)('0' + (value & 7));
        }
    }

    /// <summary>Octal digits among spaces and zeros, or GNU's big-endian binary, marked by the first bit.</summary>
    private static long? Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            var high = field[..^8];
            return high[0] == 0x80 && !high[1..].ContainsAnyExcept((byte)0) && BinaryPrimitives.ReadInt64BigEndian(field[^8..]) is >= 0 and var big
                ? big
                : null;
        }

        var digits = field.Trim(" \0"u8);
        var value = 0L;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return null;
            }

            value = value * 8 + (digit - '0');
        }

        return value;
    }
}
