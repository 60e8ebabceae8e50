using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using StableRep.Engine.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Checkpoints;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public static TheoryData<ScalarType> Types() =>
    [
        ScalarType.Float64, ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64, ScalarType.Int32, ScalarType.Int16,
        ScalarType.Int8, ScalarType.Byte, ScalarType.Bool,
    ];

    [Theory]
    [MemberData(nameof(Types))]
    public void Write_then_read_gives_the_same_values_of_every_type(ScalarType type)
    {
        var values = tensor(new[] { 0.0, 1, 1, 0, 3.5, 100 }).to(type).view(2, 3);
        using var file = WriteAndOpen(new() { ["values"] = values, ["scalar"] = values[1, 2], ["empty"] = empty([2, 0, 3], type) });

        Assert.Equal(new HashSet<string> { "values", "scalar", "empty" }, [.. file.Entries.Keys]);
        Assert.Equal(type, file.Entries["values"].Type);
        Assert.Equal([2L, 3], file.Entries["values"].Shape);
        Assert.True(file.Read("values").Equals(values));
        Assert.Empty(file.Read("scalar").shape);
        Assert.True(file.Read("scalar").Equals(values[1, 2]));
        Assert.Equal([2L, 0, 3], file.Read("empty").shape);
        Assert.Equal(type, file.Read("empty").dtype);
    }

    [Theory]
    [InlineData(ScalarType.Float16, ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16, ScalarType.Float32)]
    [InlineData(ScalarType.Float32, ScalarType.BFloat16)]
    [InlineData(ScalarType.Int64, ScalarType.Int32)]
    [InlineData(ScalarType.Float64, ScalarType.Float32)]
    public void CopyTo_converts_to_the_destinations_type_across_piece_boundaries(ScalarType stored, ScalarType wanted)
    {
        var values = arange(600_001, ScalarType.Float32).remainder(97).to(stored);
        using var file = WriteAndOpen(new() { ["x"] = values });
        var destination = zeros([600_001], wanted);
        file.CopyTo("x", destination);
        Assert.True(destination.Equals(values.to(wanted)));
    }

    [Fact]
    public void CopyTo_fills_a_destination_that_is_not_contiguous()
    {
        var values = arange(24, ScalarType.Float32).view(2, 3, 4);
        using var file = WriteAndOpen(new() { ["x"] = values });
        var destination = zeros([2, 4, 3]).transpose(1, 2);
        file.CopyTo("x", destination);
        Assert.False(destination.is_contiguous());
        Assert.True(destination.Equals(values));
    }

    [Fact]
    public void CopyTo_a_shape_that_would_broadcast_is_refused()
    {
        using var file = WriteAndOpen(new() { ["x"] = ones(3) });
        var exception = Assert.Throws<CheckpointException>(() => file.CopyTo("x", zeros(2, 3)));
        Assert.Contains("'x' has shape [3], not the [2, 3] wanted", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_of_a_view_writes_its_own_elements_only()
    {
        var values = arange(12, ScalarType.Float32).view(3, 4);
        using var file = WriteAndOpen(new() { ["transposed"] = values.t(), ["row"] = values[1] });
        Assert.True(file.Read("transposed").Equals(values.t()));
        Assert.True(file.Read("row").Equals(values[1]));
    }

    [Fact]
    public void Write_keeps_metadata_and_aligns_the_data_to_eight_bytes()
    {
        var metadata = new Dictionary<string, string> { ["format"] = "pt", ["ünïcode \"quoted\""] = "line\nbreak 😀" };
        var path = _folder.File("x.safetensors");
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["a"] = ones(3, ScalarType.Byte), ["b"] = ones(1, ScalarType.Float64) }, metadata);
        using var file = SafetensorsFile.Open(path);
        Assert.Equal(metadata, file.Metadata);
        Assert.Equal(0UL, BinaryPrimitives.ReadUInt64LittleEndian(File.ReadAllBytes(path)) % 8);
        Assert.Equal(new double[] { 1 }, file.Read("b").data<double>().ToArray());
        Assert.Equal(["x.safetensors"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Write_twice_gives_the_same_bytes_and_replaces_a_file_that_is_open()
    {
        var tensors = new Dictionary<string, Tensor> { ["b"] = arange(5), ["a"] = ones(2, 2) };
        var (first, second) = (_folder.File("1.safetensors"), _folder.File("2.safetensors"));
        SafetensorsWriter.Write(first, tensors);
        SafetensorsWriter.Write(second, tensors.Reverse().ToDictionary());
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));

        using var old = SafetensorsFile.Open(first);
        SafetensorsWriter.Write(first, new Dictionary<string, Tensor> { ["a"] = zeros(2, 2) });
        Assert.Equal(4f, old.Read("a").sum().item<float>());
        using var renewed = SafetensorsFile.Open(first);
        Assert.Equal(0f, renewed.Read("a").sum().item<float>());
    }

    [Fact]
    public void Write_of_a_type_without_a_name_is_refused_and_leaves_nothing()
    {
        var exception = Assert.Throws<ArgumentException>(() =>
            SafetensorsWriter.Write(_folder.File("x.safetensors"), new Dictionary<string, Tensor> { ["wave"] = zeros(2, ScalarType.ComplexFloat32) }));
        Assert.Contains("'wave'", exception.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Read_of_a_name_that_is_not_there_says_so()
    {
        using var file = WriteAndOpen(new() { ["x"] = ones(1) });
        Assert.Contains("there is no tensor 'y'", Assert.Throws<CheckpointException>(() => file.Read("y")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_of_a_file_that_is_not_there_says_so() =>
        Assert.EndsWith("there is no such file.", Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(_folder.File("no"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_of_a_folder_is_refused() => Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(_folder.Path));

    [Theory]
    [InlineData("{}", 4, "tensors end at byte 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 3, "tensor 'a': its bytes 0 to 4 lie outside the 3 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 5, "end at byte 4 of the data but the file has 5")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "tensor 'a': its bytes 4 to 0 lie outside")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "tensor 'a': shape [2] of F32 does not fill its 4 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,4]}}""", 4, "tensor 'a': shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "tensor 'a': 'shape' holds something other than integers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, "tensor 'a': 'shape' holds something other")]
    [InlineData("""{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}""", 4, "tensor 'a': 'shape' holds something other")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}""", 4, "tensor 'a': 'shape' has more than 16")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, "tensor 'a': 'data_offsets' does not hold two numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":"0,4"}}""", 4, "tensor 'a': 'data_offsets' is not a list")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "tensor 'a': 'data_offsets' is missing")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,4]}}""", 4, "tensor 'a': 'shape' is missing")]
    [InlineData("""{"a":{"shape":[1],"data_offsets":[0,4]}}""", 4, "tensor 'a': 'dtype' is missing")]
    [InlineData("""{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "tensor 'a': 'dtype' appears twice")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}""", 4, "tensor 'a': its type 'F8_E4M3' is not supported; supported are F64")]
    [InlineData("""{"a":{"dtype":7,"shape":[4],"data_offsets":[0,4]}}""", 4, "tensor 'a': its type '7' is not supported")]
    [InlineData("""{"a":[0,4]}""", 4, "tensor 'a': its description is not an object")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}""", 4, "tensor 'b': its bytes begin at 1, inside another tensor that ends at 2")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}}""", 4, "tensor 'b': its bytes begin at 3 and leave a gap")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", 4, "tensor 'a': it appears twice")]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "the value of 'a' in '__metadata__' is not a text")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", 0, "'a' appears twice in '__metadata__'")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", 0, "'__metadata__' appears twice")]
    [InlineData("""{"__metadata__":[]}""", 0, "'__metadata__' is not an object")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}""", 4, "the header is not valid JSON")]
    [InlineData("""{} {}""", 0, "the header is not valid JSON")]
    [InlineData("""[1,2]""", 0, "begins with byte 0x5b instead of '{'")]
    [InlineData("""{"a":{"x":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}}""", 0, "the header is not valid JSON")]
    public void Open_of_a_damaged_header_names_the_file_and_the_tensor(string header, int dataBytes, string message)
    {
        var path = _folder.File("bad.safetensors");
        File.WriteAllBytes(path, Image(header, dataBytes));
        var exception = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path));
        Assert.StartsWith(path, exception.Message, StringComparison.Ordinal);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "the file has 0 bytes")]
    [InlineData(7, "the file has 7 bytes")]
    [InlineData(8, "but only 0 follow")]
    [InlineData(40, "but only 32 follow")]
    public void Open_of_a_truncated_file_says_so(int length, string message)
    {
        var whole = Image("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4);
        AssertRefused(whole[..length], message);
    }

    [Theory]
    [InlineData(1UL << 30)]
    [InlineData(ulong.MaxValue)]
    [InlineData((ulong)long.MaxValue)]
    public void Open_with_a_header_longer_than_the_file_allocates_nothing(ulong length)
    {
        var image = new byte[64];
        BinaryPrimitives.WriteUInt64LittleEndian(image, length);
        AssertRefused(image, $"the header announces {length} bytes but only 56 follow");
    }

    [Fact]
    public void Open_with_a_true_header_of_a_gigabyte_is_refused_before_it_is_read()
    {
        var path = _folder.File("sparse.safetensors");
        using (var stream = File.Create(path))
        {
            var prefix = new byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(prefix, 1_000_000_000);
            stream.Write(prefix);
            stream.SetLength(1_000_000_100);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var exception = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
        Assert.Contains("outside the 2 to 100000000", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_of_text_that_is_not_utf8_is_refused()
    {
        var image = Image("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4);
        image[10] = 0xff;
        AssertRefused(image, "not valid");
    }

    [Fact]
    public void Open_of_a_pickled_checkpoint_says_why_it_is_refused_and_how_to_convert_it()
    {
        AssertRefused([.. "PK\u0003\u0004"u8, .. new byte[60]], "runs whatever code it holds");
        AssertRefused([0x80, 2, .. new byte[60]], "safetensors.torch.save_file");
    }

    [Fact]
    public void Open_of_a_git_lfs_pointer_says_what_it_is() =>
        AssertRefused(Encoding.UTF8.GetBytes("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n"), "Git LFS pointer");

    [Fact]
    public void Read_of_booleans_that_are_neither_is_refused()
    {
        var path = _folder.File("bool.safetensors");
        var image = Image("""{"mask":{"dtype":"BOOL","shape":[4],"data_offsets":[0,4]}}""", 4);
        image[^2] = 7;
        File.WriteAllBytes(path, image);
        using var file = SafetensorsFile.Open(path);
        Assert.Contains("'mask' is BOOL and holds the byte 7 at element 2", Assert.Throws<CheckpointException>(() => file.Read("mask")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_of_a_file_that_was_cut_after_it_was_opened_is_refused()
    {
        using var file = WriteAndOpen(new() { ["x"] = ones(100_000) });
        using (var cut = Process.Start("truncate", ["-s", "5000", _folder.File("x.safetensors")]))
        {
            cut.WaitForExit();
        }

        Assert.Contains("the file was cut while it was being read", Assert.Throws<CheckpointException>(() => file.Read("x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_accepts_padding_unknown_fields_empty_tensors_and_any_order()
    {
        var path = _folder.File("odd.safetensors");
        const string header = """
            {"b":{"data_offsets":[4,8],"shape":[1],"dtype":"F32","note":{"x":[1,{}]}},"e":{"dtype":"F32","shape":[0,9223372036854775807],"data_offsets":[4,4]},
            "a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}        
            """;
        File.WriteAllBytes(path, Image(header, 8));
        using var file = SafetensorsFile.Open(path);
        Assert.Equal(3, file.Entries.Count);
        Assert.Equal(0, file.Entries["e"].Elements);
        Assert.Equal(1, file.Entries["a"].Elements);
    }

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    private static byte[] Image(string header, int dataBytes)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var image = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(image, (ulong)json.Length);
        json.CopyTo(image, 8);
        return image;
    }

    private void AssertRefused(byte[] image, string message)
    {
        var path = _folder.File("bad.safetensors");
        File.WriteAllBytes(path, image);
        var exception = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path));
        Assert.StartsWith(path, exception.Message, StringComparison.Ordinal);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    private SafetensorsFile WriteAndOpen(Dictionary<string, Tensor> tensors)
    {
        var path = _folder.File("x.safetensors");
        SafetensorsWriter.Write(path, tensors);
        return SafetensorsFile.Open(path);
    }
}
