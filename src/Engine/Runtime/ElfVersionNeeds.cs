using System.Buffers.Binary;
using System.Text;

namespace StableRep.Engine.Runtime;

/// <summary>
/// Reads and edits the symbol-version requirements (<c>.gnu.version_r</c>) of a 64-bit little-endian ELF image held in memory.
/// Layout: System V gABI and the Linux Standard Base, "Symbol Versioning".
/// </summary>
internal static class ElfVersionNeeds
{
    private const uint SectionTypeVersionNeeds = 0x6ffffffe;
    private const ushort FlagWeak = 0x2;

    /// <summary>Marks the requirement named <paramref name="version"/> weak, so that the loader accepts a library without it.</summary>
    /// <returns>True when a flag was changed; false when there is no such requirement or it is weak already.</returns>
    /// <exception cref="InvalidDataException">The image is not a well-formed 64-bit little-endian ELF file.</exception>
    public static bool MarkWeak(Span<byte> image, string version)
    {
        try
        {
            return FindEntry(image, version) is { } entry && SetWeak(image[(entry + 4)..]);
        }
        catch (Exception exception) when (exception is ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException)
        {
            throw new InvalidDataException("The ELF file is truncated or its section offsets point outside it.", exception);
        }
    }

    private static bool SetWeak(Span<byte> flagsField)
    {
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(flagsField);
        if ((flags & FlagWeak) != 0)
        {
            return false;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(flagsField, (ushort)(flags | FlagWeak));
        return true;
    }

    private static int? FindEntry(ReadOnlySpan<byte> image, string version)
    {
        ReadOnlySpan<byte> magic = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1];
        if (!image.StartsWith(magic))
        {
            throw new InvalidDataException("Not a 64-bit little-endian ELF file.");
        }

        var sections = checked((int)U64(image, 0x28));
        var sectionSize = U16(image, 0x3a);
        var sectionCount = U16(image, 0x3c);
        for (var i = 0; i < sectionCount; i++)
        {
            var section = sections + i * sectionSize;
            if (U32(image, section + 4) != SectionTypeVersionNeeds)
            {
                continue;
            }

            var strings = checked((int)U64(image, sections + (int)U32(image, section + 40) * sectionSize + 24));
            var needs = checked((int)U64(image, section + 24));
            if (FindEntryIn(image, needs, strings, Encoding.ASCII.GetBytes(version + '\0')) is { } entry)
            {
                return entry;
            }
        }

        return null;
    }

    private static int? FindEntryIn(ReadOnlySpan<byte> image, int need, int strings, ReadOnlySpan<byte> name)
    {
        while (true)
        {
            var entry = need + (int)U32(image, need + 8);
            for (int remaining = U16(image, need + 2); remaining > 0; remaining--)
            {
                if (image[(strings + (int)U32(image, entry + 8))..].StartsWith(name))
                {
                    return entry;
                }

                entry += (int)U32(image, entry + 12);
            }

            var next = (int)U32(image, need + 12);
            if (next <= 0)
            {
                return null;
            }

            need += next;
        }
    }

    private static ushort U16(ReadOnlySpan<byte> image, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(image[offset..]);

    private static uint U32(ReadOnlySpan<byte> image, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(image[offset..]);

    private static ulong U64(ReadOnlySpan<byte> image, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(image[offset..]);
}
