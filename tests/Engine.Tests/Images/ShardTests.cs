using System.Diagnostics;
using System.Text;
using StableRep.Engine.Images;

namespace StableRep.Engine.Tests.Images;

public sealed class ShardTests : IDisposable
{
    private const string LongFolder = "a-folder-name-that-is-long-enough-to-need-more-than-the-hundred-bytes/of-a-ustar-name-field/together-with";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_written_is_read_back_by_the_index_alone()
    {
        var path = _folder.File("shard.tar");
        var (index, contents) = WriteMany(path, 30);
        Assert.Equal(new FileInfo(path).Length, index.Length);
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
        foreach (var shard in new[] { ShardReader.Open(path, index), ShardReader.Open(path), Over(File.ReadAllBytes(path), index) })
        {
            Assert.Equal(contents.Keys, shard.Index.Samples.Select(sample => sample.Key));
            foreach (var sample in shard.Index.Samples)
            {
                Assert.Equal(contents[sample.Key], sample.Files.Select(file => (file.Extension, Convert.ToHexString(shard.Read(file)))));
            }
        }
    }

    [Fact]
    public void A_shard_reads_in_order_from_a_stream_that_cannot_seek()
    {
        var path = _folder.File("shard.tar");
        var (_, contents) = WriteMany(path, 10);
        using var stream = new ForwardOnlyStream(File.ReadAllBytes(path));
        var samples = ShardReader.ReadSamples(stream, "shard").ToArray();
        Assert.Equal(contents.Keys, samples.Select(sample => sample.Key));
        Assert.All(samples, sample =>
            Assert.Equal(contents[sample.Key], sample.Files.Select(file => (file.Key, Convert.ToHexString(file.Value)))));
    }

    [Fact]
    public void The_same_samples_give_the_same_bytes_and_replace_the_old_shard()
    {
        var (first, second) = (_folder.File("first.tar"), _folder.File("second.tar"));
        WriteMany(first, 5);
        WriteMany(second, 9);
        WriteMany(second, 5);
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
    }

    [Fact]
    public void A_shard_that_was_not_completed_leaves_nothing()
    {
        using (var writer = new ShardWriter(_folder.File("shard.tar")))
        {
            writer.Add("key", ("txt", "text"u8.ToArray()));
            Assert.False(File.Exists(_folder.File("shard.tar")));
        }

        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData("a.b", "txt")]
    [InlineData("", "txt")]
    [InlineData("folder/", "txt")]
    [InlineData("../key", "txt")]
    [InlineData("/key", "txt")]
    [InlineData("key", "")]
    [InlineData("key", "TXT")]
    [InlineData("key", "a/b")]
    [InlineData("key\n", "txt")]
    [InlineData("__key__/name", "txt")]
    public void A_name_that_would_not_come_back_is_refused(string key, string extension)
    {
        using var writer = new ShardWriter(_folder.File("shard.tar"));
        Assert.Throws<ArgumentException>(() => writer.Add(key, (extension, Array.Empty<byte>())));
    }

    [Fact]
    public void A_key_twice_is_refused()
    {
        using var writer = new ShardWriter(_folder.File("shard.tar"));
        writer.Add("key", ("txt", Array.Empty<byte>()));
        Assert.Throws<ArgumentException>(() => writer.Add("key", ("png", Array.Empty<byte>())));
        Assert.Throws<ArgumentException>(() => writer.Add("other", ("png", Array.Empty<byte>()), ("png", Array.Empty<byte>())));
    }

    [Fact]
    public void The_tar_program_lists_and_extracts_our_shard()
    {
        var path = _folder.File("shard.tar");
        using (var writer = new ShardWriter(path))
        {
            writer.Add("plain", ("txt", "one"u8.ToArray()));
            writer.Add($"{LongFolder}/key", ("txt", "two"u8.ToArray()));
            writer.Add("птица", ("txt", "three"u8.ToArray()));
            writer.Complete();
        }

        var names = Tar("--quoting-style=literal", "-tf", path).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["plain.txt", $"{LongFolder}/key.txt", "птица.txt"], names);
        Assert.Equal("onetwothree", Tar("-xOf", path));
    }

    [Theory]
    [InlineData("gnu")]
    [InlineData("posix")]
    [InlineData("ustar")]
    [InlineData("v7")]
    public void A_shard_of_the_tar_program_reads(string format)
    {
        var source = Directory.CreateDirectory(_folder.File("source")).FullName;
        var longName = format == "v7" ? "inner" : LongFolder;
        Directory.CreateDirectory(Path.Combine(source, longName));
        File.WriteAllText(Path.Combine(source, "b.seg.PNG"), "first");
        File.WriteAllText(Path.Combine(source, "b.txt"), "second");
        File.WriteAllText(Path.Combine(source, longName, "c.txt"), "third");
        File.WriteAllText(Path.Combine(source, "README"), "no sample");
        File.CreateSymbolicLink(Path.Combine(source, "link.txt"), "b.txt");
        var path = _folder.File("shard.tar");
        Tar($"--format={format}", "-C", source, "--sort=name", "-cf", path, ".");

        var shard = ShardReader.Open(path);
        Assert.Equal(new[] { longName + "/c", "b" }.Order(StringComparer.Ordinal), shard.Index.Samples.Select(sample => sample.Key).Order(StringComparer.Ordinal));
        var b = shard.Index.Samples.Single(sample => sample.Key == "b");
        Assert.Equal("first", Encoding.UTF8.GetString(shard.Read(b.Find("seg.png")!)));
        Assert.Equal("second", Encoding.UTF8.GetString(shard.Read(b.Find("txt")!)));
        using var stream = new ForwardOnlyStream(File.ReadAllBytes(path));
        Assert.Equal(2, ShardReader.ReadSamples(stream, "shard").Count());
    }

    [Fact]
    public void Binary_lengths_and_signed_checksums_of_old_tools_read()
    {
        var header = TarFormat.FileHeader("key.txt", 3);
        byte[] binary = [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3];
        binary.CopyTo(header, 124);
        header[0] = 0xc3;
        var sum = header.Select((value, i) => i is >= 148 and < 156 ? 32 : (int)(sbyte)value).Sum();
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0')).CopyTo(header, 148);
        using var stream = new MemoryStream([.. header, .. "abc"u8, .. new byte[509], .. new byte[1024]]);
        Assert.Equal("abc", Encoding.UTF8.GetString(ShardReader.ReadSamples(stream, "shard").Single().Files["txt"]));
    }

    [Fact]
    public void A_shard_cut_anywhere_before_its_end_marker_is_refused_with_the_place()
    {
        var path = _folder.File("shard.tar");
        WriteMany(path, 3);
        var bytes = File.ReadAllBytes(path);
        for (var length = 0; length <= bytes.Length - 1024; length += 171)
        {
            var cut = bytes[..length];
            var error = Assert.Throws<ShardException>(() => ShardReader.Scan(new MemoryStream(cut), "cut"));
            Assert.InRange(error.Offset, 0, length);
            Assert.StartsWith("cut, byte ", error.Message, StringComparison.Ordinal);
            Assert.Throws<ShardException>(() => ShardReader.ReadSamples(new ForwardOnlyStream(cut), "cut").Count());
        }
    }

    [Fact]
    public void A_flipped_bit_in_any_header_byte_is_found()
    {
        byte[] file = [.. TarFormat.FileHeader("key.txt", 3), .. "abc"u8, .. new byte[509], .. new byte[1024]];
        for (var i = 0; i < 512; i++)
        {
            var damaged = file.ToArray();
            damaged[i] ^= 0x41;

            // The checksum's own two last bytes are a terminator and a space, which carry nothing.
            if (i is not (154 or 155) && Record.Exception(() => ShardReader.Scan(new MemoryStream(damaged), "shard")) is null)
            {
                Assert.Fail($"The change of byte {i} went unnoticed.");
            }
        }
    }

    public static TheoryData<string, byte[], string> HostileHeaders() => new()
    {
        { "negative", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "length is no number" },
        { "beyond 64 bits", [0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], "length is no number" },
        { "nearly 64 bits", [0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "announces 9,223,372,036,854,775,807 bytes" },
        { "8 GB", [.. "77777777777\0"u8], "announces 8,589,934,591 bytes" },
        { "letters", [.. "0000000zz00\0"u8], "length is no number" },
    };

    [Theory]
    [MemberData(nameof(HostileHeaders))]
    public void A_length_that_cannot_be_is_refused_without_allocating(string name, byte[] field, string problem)
    {
        byte[] shard = [.. HeaderWith(TarFormat.RegularFile, field), .. new byte[2048]];
        var before = GC.GetAllocatedBytesForCurrentThread();
        var seekable = Assert.Throws<ShardException>(() => ShardReader.Scan(new MemoryStream(shard), name));
        var forward = Assert.Throws<ShardException>(() => ShardReader.ReadSamples(new ForwardOnlyStream(shard), name).Count());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Contains(problem, seekable.Message, StringComparison.Ordinal);
        Assert.Equal(0, forward.Offset);
    }

    [Theory]
    [InlineData('x', "not a record", "PAX header is malformed")]
    [InlineData('x', "99 path=a\n", "PAX header is malformed")]
    [InlineData('x', "999999999999 path=a\n", "PAX header is malformed")]
    [InlineData('x', "12 size=ten\n", "is no number")]
    [InlineData('x', "22 GNU.sparse.major=1\n", "sparse")]
    [InlineData('S', "", "sparse")]
    public void A_malformed_extension_is_refused(char type, string content, string problem)
    {
        var length = Encoding.ASCII.GetBytes(Convert.ToString(content.Length, 8).PadLeft(11, '0') + "\0");
        byte[] shard = [.. HeaderWith(type, length), .. Encoding.ASCII.GetBytes(content.PadRight(512, '\0')), .. new byte[1024]];
        Assert.Contains(problem, Assert.Throws<ShardException>(
            () => ShardReader.Scan(new MemoryStream(shard), "shard")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_huge_extension_header_is_refused()
    {
        byte[] shard = [.. HeaderWith(TarFormat.GnuLongName, "00040000000\0"u8.ToArray()), .. new byte[1 << 24]];
        Assert.Contains("are allowed", Assert.Throws<ShardException>(
            () => ShardReader.Scan(new MemoryStream(shard), "shard")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_damage_gives_samples_or_a_reason()
    {
        var path = _folder.File("shard.tar");
        WriteMany(path, 3);
        var bytes = File.ReadAllBytes(path);
        var random = new Random(3);
        for (var round = 0; round < 500; round++)
        {
            var damaged = bytes.ToArray();
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                _ = ShardReader.Scan(new MemoryStream(damaged), "shard");
                _ = ShardReader.ReadSamples(new ForwardOnlyStream(damaged), "shard").Count();
            }
            catch (ShardException exception)
            {
                Assert.NotEmpty(exception.Message);
            }
        }
    }

    [Fact]
    public void What_is_no_tar_is_refused_at_its_first_byte()
    {
        var error = Assert.Throws<ShardException>(() => ShardReader.Scan(new MemoryStream([.. Enumerable.Repeat((byte)'x', 5000)]), "page.html"));
        Assert.Contains("no tar file", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, error.Offset);
    }

    [Fact]
    public void A_file_shorter_than_its_index_is_refused_with_the_place()
    {
        var path = _folder.File("shard.tar");
        var (index, _) = WriteMany(path, 3);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..1000]);
        var file = index.Samples[^1].Files[^1];
        var error = Assert.Throws<ShardException>(() => ShardReader.Open(path, index).Read(file));
        Assert.Equal(file.Offset, error.Offset);
        File.Delete(path);
        Assert.Throws<ShardException>(() => ShardReader.Open(path, index).Read(file));
        Assert.Throws<ShardException>(() => ShardReader.Open(path, index).Read(new ShardFile("png", index.Length, 1)));
    }

    private static byte[] HeaderWith(char type, byte[] length)
    {
        var header = TarFormat.FileHeader("key.txt", 0);
        header[156] = (byte)type;
        length.CopyTo(header, 124);
        var sum = header.Select((value, i) => i is >= 148 and < 156 ? 32 : (int)value).Sum();
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0')).CopyTo(header, 148);
        return header;
    }

    private static ShardReader Over(byte[] shard, ShardIndex index) =>
        ShardReader.Over("in memory", index, (offset, length) => shard.AsSpan((int)offset, length).ToArray());

    /// <summary>Samples with keys that fit a tar header, that are too long for it, and that are not ASCII.</summary>
    private static (ShardIndex Index, Dictionary<string, (string Extension, string Hex)[]> Contents) WriteMany(string path, int count)
    {
        var random = new Random(1);
        var contents = new Dictionary<string, (string, string)[]>();
        using var writer = new ShardWriter(path);
        for (var i = 0; i < count; i++)
        {
            var key = (i % 3) switch { 0 => $"{i:D4}", 1 => $"{LongFolder}/{i}", _ => $"鳥/{i}" };
            var image = new byte[random.Next(0, 1500)];
            random.NextBytes(image);
            var text = Encoding.UTF8.GetBytes($"caption {i}");
            writer.Add(key, ("png", image), ("txt", text));
            contents[key] = [("png", Convert.ToHexString(image)), ("txt", Convert.ToHexString(text))];
        }

        return (writer.Complete(), contents);
    }

    private static string Tar(params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo("tar", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["LC_ALL"] = "C.UTF-8";
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, process.StandardError.ReadToEnd());
            return output;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("There is no tar program here.");
            throw;
        }
    }

    private sealed class ForwardOnlyStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override long Seek(long offset, SeekOrigin loc) => throw new NotSupportedException();
    }
}
