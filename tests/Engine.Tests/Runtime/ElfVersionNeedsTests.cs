using System.Buffers.Binary;
using System.Text;
using StableRep.Engine.Runtime;

namespace StableRep.Engine.Tests.Runtime;

public sealed class ElfVersionNeedsTests
{
    private const int EntryFlags = 0x50 + 16 + 4;

    [Fact]
    public void MarkWeak_changes_the_flag_of_the_named_requirement_and_nothing_else()
    {
        var original = Image("GLIBCXX_3.4.32");
        var changed = original.ToArray();
        Assert.True(ElfVersionNeeds.MarkWeak(changed, "GLIBCXX_3.4.32"));
        Assert.Equal([EntryFlags], Enumerable.Range(0, original.Length).Where(i => original[i] != changed[i]));
        Assert.Equal(2, BinaryPrimitives.ReadUInt16LittleEndian(changed.AsSpan(EntryFlags)));
    }

    [Fact]
    public void MarkWeak_a_second_time_changes_nothing()
    {
        var image = Image("GLIBCXX_3.4.32");
        ElfVersionNeeds.MarkWeak(image, "GLIBCXX_3.4.32");
        Assert.False(ElfVersionNeeds.MarkWeak(image, "GLIBCXX_3.4.32"));
    }

    [Theory]
    [InlineData("GLIBCXX_3.4.3")]
    [InlineData("GLIBCXX_3.4.320")]
    public void MarkWeak_of_a_version_that_only_shares_a_prefix_changes_nothing(string present) =>
        Assert.False(ElfVersionNeeds.MarkWeak(Image(present), "GLIBCXX_3.4.32"));

    [Fact]
    public void MarkWeak_of_another_kind_of_file_is_refused() =>
        Assert.Throws<InvalidDataException>(() => ElfVersionNeeds.MarkWeak("MZ not an ELF file at all"u8.ToArray(), "GLIBCXX_3.4.32"));

    [Fact]
    public void MarkWeak_of_a_truncated_or_garbled_file_is_refused_or_finds_nothing()
    {
        var image = Image("GLIBCXX_3.4.32");
        for (var length = 6; length < image.Length - 64; length++)
        {
            Assert.ThrowsAny<InvalidDataException>(() => ElfVersionNeeds.MarkWeak(image.AsSpan(0, length).ToArray(), "GLIBCXX_3.4.32"));
        }

        var random = new Random(1);
        for (var round = 0; round < 2000; round++)
        {
            var garbled = image.ToArray();
            for (var i = 0; i < 4; i++)
            {
                garbled[random.Next(6, garbled.Length)] = (byte)random.Next(256);
            }

            try
            {
                ElfVersionNeeds.MarkWeak(garbled, "GLIBCXX_3.4.32");
            }
            catch (InvalidDataException)
            {
                // Refused with the one exception that the method promises: any other fails this test.
            }
        }
    }

    [Fact]
    public void Two_processes_worth_of_patching_at_once_leave_one_whole_library()
    {
        if (LibTorchSharpPatch.NativeFolder() is not { } folder)
        {
            Assert.Skip("No native library on this platform.");
            return;
        }

        var bridge = Path.Combine(folder, "libLibTorchSharp.so");
        var length = new FileInfo(bridge).Length;
        Parallel.For(0, 8, _ => Assert.Equal(bridge, LibTorchSharpPatch.Apply()));
        Assert.Equal(length, new FileInfo(bridge).Length);
        Assert.Equal([bridge], Directory.GetFiles(folder, "libLibTorchSharp.so*"));
    }

    /// <summary>An ELF file of one section: a version requirement with one entry, its string table the section header's link to itself.</summary>
    private static byte[] Image(string version)
    {
        const int needs = 0x50;
        const int strings = needs + 32;
        var name = Encoding.ASCII.GetBytes($"libstdc++.so.6\0{version}\0");
        var sections = strings + name.Length;
        var image = new byte[sections + 2 * 64];
        "\u007fELF"u8.CopyTo(image);
        (image[4], image[5]) = (2, 1);
        U64(0x28, (ulong)sections);
        U16(0x3a, 64);
        U16(0x3c, 2);
        U16(needs, 1);
        U16(needs + 2, 1);
        U32(needs + 8, 16);
        U32(needs + 16 + 8, 15);
        U32(sections + 4, 0x6ffffffe);
        U64(sections + 24, needs);
        U32(sections + 40, 1);
        U32(sections + 64 + 4, 3);
        U64(sections + 64 + 24, strings);
        name.CopyTo(image, strings);
        return image;

        void U16(int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(offset), value);
        void U32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(offset), value);
        void U64(int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(offset), value);
    }
}
