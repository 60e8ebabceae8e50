using System.Buffers.Binary;
using System.Text;
using StableRep.Engine.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Checkpoints;

/// <summary>Thousands of damaged files: each one loads or is refused by name, and none costs memory that it does not fill itself.</summary>
public sealed class DamagedFileTests : IDisposable
{
    private const long MaxAllocation = 4 << 20;

    // Pieces that break a header's grammar, numbers or names where a random byte rarely would.
    private static readonly string[] Fragments =
    [
        "\"", "{", "}", "[", "]", ",", ":", "null", "true", "-1", "0", "1e300", "18446744073709551615", "9223372036854775807", "4294967296", "0.5",
        "\"dtype\"", "\"shape\"", "\"data_offsets\"", "\"__metadata__\"", "\"F64\"", "\"BOOL\"", "\"F8_E5M2\"", "\"a\":{}", "\\u0000", "\\ud800", "\\", "/",
        "//", "[[[[[[[[[[[[[[[[[[[[", "\ufeff", "\u0000", "é", "__metadata__", "},\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}",
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_file_with_a_damaged_header_loads_or_is_refused_by_name(int seed)
    {
        var valid = ValidFile();
        var random = new Random(seed);
        var (loaded, refused) = (0, 0);
        for (var i = 0; i < 750; i++)
        {
            if (Try(Damage(valid, random), $"seed {seed}, mutation {i}"))
            {
                loaded++;
            }
            else
            {
                refused++;
            }
        }

        // Both must happen, or the damage is too heavy or too light to find anything.
        Assert.True(loaded > 5 && refused > 300, $"{loaded} loaded, {refused} refused");
    }

    [Fact]
    public void A_file_cut_at_any_byte_of_its_header_is_refused()
    {
        var valid = ValidFile();
        var end = 8 + (int)BinaryPrimitives.ReadUInt64LittleEndian(valid);
        for (var length = 0; length <= end; length++)
        {
            Assert.False(Try(valid[..length], $"cut at {length}"));
        }
    }

    [Fact]
    public void A_header_of_very_many_tensors_is_refused_at_a_bound()
    {
        var header = new StringBuilder("{");
        for (var i = 0; i < 100_001; i++)
        {
            header.Append(i == 0 ? "" : ",").Append('"').Append(i).Append("\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}");
        }

        var path = Write(WithHeader(header.Append('}').ToString(), []));
        Assert.Contains("more than 100000 tensors", Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("name")]
    [InlineData("metadata")]
    public void A_header_with_a_very_long_text_is_refused_without_reading_it_into_memory(string where)
    {
        var text = new string('x', 20_000_000);
        var path = Write(WithHeader(where == "name" ? $"{{\"{text}\":{{}}}}" : $"{{\"__metadata__\":{{\"a\":\"{text}\"}}}}", []));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var message = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path)).Message;
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocation);
        Assert.Contains("over the limit", message, StringComparison.Ordinal);
        Assert.InRange(message.Length, 0, 1000);
    }

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    private static byte[] Damage(byte[] valid, Random random)
    {
        var headerLength = (int)BinaryPrimitives.ReadUInt64LittleEndian(valid);
        var header = valid[8..(8 + headerLength)].ToList();
        var data = valid[(8 + headerLength)..];
        for (var changes = random.Next(1, 3); changes > 0; changes--)
        {
            var at = random.Next(header.Count);
            switch (random.Next(6))
            {
                case 0:
                    header[at] = (byte)random.Next(256);
                    break;
                case 1:
                    header[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    header.InsertRange(at, Encoding.UTF8.GetBytes(Fragments[random.Next(Fragments.Length)]));
                    break;
                case 3:
                    header.RemoveRange(at, Math.Min(random.Next(1, 30), header.Count - at));
                    header.Add((byte)' ');
                    break;
                case 4:
                    var digits = Enumerable.Range(0, header.Count).Where(index => header[index] is >= (byte)'0' and <= (byte)'9').ToList();
                    if (digits.Count > 0)
                    {
                        header[digits[random.Next(digits.Count)]] = (byte)('0' + random.Next(10));
                    }

                    break;
                default:
                    var length = Math.Min(random.Next(1, 60), header.Count - at);
                    header.InsertRange(random.Next(header.Count), header.GetRange(at, length));
                    break;
            }
        }

        byte[] file = [.. new byte[8], .. header, .. data];
        var announced = random.Next(30) switch
        {
            0 => (ulong)random.NextInt64(),
            1 => (ulong)random.Next(file.Length),
            2 => ulong.MaxValue - (ulong)random.Next(100),
            _ => (ulong)header.Count,
        };
        BinaryPrimitives.WriteUInt64LittleEndian(file, announced);
        return random.Next(12) == 0 ? file[..random.Next(file.Length)] : file;
    }

    private static byte[] WithHeader(string header, byte[] data)
    {
        var json = Encoding.UTF8.GetBytes(header);
        byte[] file = [.. new byte[8], .. json, .. data];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)json.Length);
        return file;
    }

    private static byte[] ValidFile()
    {
        using var scope = NewDisposeScope();
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(
            stream,
            new Dictionary<string, Tensor>
            {
                ["a"] = ones(3, 5),
                ["block.0.weight"] = zeros(4, ScalarType.Float16),
                ["empty"] = zeros(0, 7),
                ["mask"] = ones(6, ScalarType.Bool),
                ["scalar"] = zeros([], ScalarType.Int64),
            },
            new Dictionary<string, string> { ["format"] = "pt" });
        return stream.ToArray();
    }

    private string Write(byte[] file)
    {
        var path = _folder.File("damaged.safetensors");
        File.WriteAllBytes(path, file);
        return path;
    }

    private bool Try(byte[] bytes, string what)
    {
        var path = Write(bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using var scope = NewDisposeScope();
            using var file = SafetensorsFile.Open(path);
            foreach (var name in file.Entries.Keys)
            {
                Assert.Equal(file.Entries[name].Shape, file.Read(name).shape);
            }

            return true;
        }
        catch (CheckpointException exception)
        {
            Assert.StartsWith(path, exception.Message, StringComparison.Ordinal);
            return false;
        }
        catch (Exception exception)
        {
            Assert.Fail($"{what}: {exception}\n{Convert.ToBase64String(bytes)}");
            return false;
        }
        finally
        {
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocation);
        }
    }
}
