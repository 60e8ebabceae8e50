using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using static TorchSharp.torch;

namespace StableRep.Engine.Checkpoints;

/// <summary>
/// The header of a safetensors file: 8 bytes of length (little-endian), then that many bytes of JSON, then the tensors' bytes without gaps.
/// Parsed in place, token by token: what it allocates is bounded by <see cref="MaxTensors"/> and the lengths of names, whatever a file claims.
/// Format: https://github.com/huggingface/safetensors#format.
/// </summary>
internal sealed record SafetensorsHeader(
    IReadOnlyDictionary<string, TensorEntry> Entries, IReadOnlyDictionary<string, long> Offsets, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>Bytes before the JSON: its length.</summary>
    public const int PrefixBytes = 8;

    /// <summary>The format's own limit on the JSON.</summary>
    public const long MaxBytes = 100_000_000;

    private const int MaxTensors = 100_000;
    private const int MaxNameBytes = 4096;
    private const int MaxMetadataBytes = 4_000_000;
    private const int MaxRank = 16;
    private const string MetadataKey = "__metadata__";

    /// <summary>The number of bytes of JSON that a file's first eight bytes announce, checked against the file's length.</summary>
    /// <exception cref="CheckpointException">The file is too short for the header that it announces, or the header is over the limit.</exception>
    public static int ReadLength(ReadOnlySpan<byte> prefix, long fileLength, string file)
    {
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > (ulong)(fileLength - PrefixBytes))
        {
            throw new CheckpointException(
                $"{file}: {WhatItIs(prefix) ?? $"the header announces {length} bytes but only {fileLength - PrefixBytes} follow: the file is truncated or not a safetensors file"}.");
        }

        return length is >= 2 and <= (ulong)MaxBytes
            ? (int)length
            : throw new CheckpointException($"{file}: the header's length is {length} bytes, outside the 2 to {MaxBytes} that the safetensors format allows.");
    }

    /// <summary>Parses and checks the JSON.</summary>
    /// <param name="json">Exactly the header's bytes.</param>
    /// <param name="dataLength">Bytes of the file behind the header.</param>
    /// <param name="file">The file's path, for messages.</param>
    /// <exception cref="CheckpointException">The header is not valid; the message names the file and the tensor.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataLength, string file)
    {
        if (json[0] != (byte)'{')
        {
            throw new CheckpointException($"{file}: the header begins with byte 0x{json[0]:x2} instead of '{{': this is not a safetensors file.");
        }

        try
        {
            return new Parser(json, dataLength, file).Parse();
        }
        catch (JsonException exception)
        {
            throw new CheckpointException($"{file}: the header is not valid JSON: {exception.Message}", exception);
        }
        catch (InvalidOperationException exception)
        {
            // The reader reports text that is not valid UTF-8 (or lone surrogates) this way.
            throw new CheckpointException($"{file}: the header's text is not valid UTF-8: {exception.Message}", exception);
        }
    }

    private static string? WhatItIs(ReadOnlySpan<byte> prefix)
    {
        if (prefix.StartsWith("PK"u8) || (prefix[0] == 0x80 && prefix[1] is >= 1 and <= 5))
        {
            return PickledCheckpoint.Refusal;
        }

        return prefix.StartsWith("version "u8)
            ? "this is a Git LFS pointer, not the file itself: fetch it with 'git lfs pull' or download the file from its hub"
            : null;
    }

    private ref struct Parser(ReadOnlySpan<byte> json, long dataLength, string file)
    {
        private readonly Dictionary<string, TensorEntry> _entries = [];
        private readonly Dictionary<string, long> _offsets = [];
        private readonly Dictionary<string, string> _metadata = [];
        private readonly List<(long Begin, long End, string Name)> _ranges = [];
        private readonly long[] _shape = new long[MaxRank];
        private Utf8JsonReader _reader = new(json, new JsonReaderOptions { MaxDepth = 16 });
        private bool _metadataSeen;

        public SafetensorsHeader Parse()
        {
            _reader.Read();
            while (ReadName() is { } name)
            {
                if (name == MetadataKey)
                {
                    ReadMetadata();
                }
                else
                {
                    ReadTensor(name);
                }
            }

            // Reads what follows the object: only white space may.
            _reader.Read();
            CheckCoverage();
            return new SafetensorsHeader(_entries, _offsets, _metadata);
        }

        /// <summary>The next property's name, with the reader on its value; null at the object's end.</summary>
        private string? ReadName(int limit = MaxNameBytes)
        {
            _reader.Read();
            if (_reader.TokenType == JsonTokenType.EndObject)
            {
                return null;
            }

            if (_reader.ValueSpan.Length > limit)
            {
                throw Bad($"a name is {_reader.ValueSpan.Length} bytes long, over the limit of {limit}");
            }

            var name = _reader.GetString()!;
            _reader.Read();
            return name;
        }

        private void ReadMetadata()
        {
            if (_metadataSeen)
            {
                throw Bad($"the key '{MetadataKey}' appears twice");
            }

            _metadataSeen = true;
            if (_reader.TokenType != JsonTokenType.StartObject)
            {
                throw Bad($"'{MetadataKey}' is not an object");
            }

            var start = _reader.TokenStartIndex;
            while (ReadName(MaxMetadataBytes) is { } key)
            {
                if (_reader.TokenType != JsonTokenType.String)
                {
                    throw Bad($"the value of '{Short(key)}' in '{MetadataKey}' is not a text");
                }

                if (_reader.BytesConsumed - start > MaxMetadataBytes)
                {
                    throw Bad($"'{MetadataKey}' is over the limit of {MaxMetadataBytes} bytes");
                }

                if (!_metadata.TryAdd(key, _reader.GetString()!))
                {
                    throw Bad($"the key '{Short(key)}' appears twice in '{MetadataKey}'");
                }
            }
        }

        private void ReadTensor(string name)
        {
            if (_reader.TokenType != JsonTokenType.StartObject)
            {
                throw Bad(name, "its description is not an object");
            }

            if (_entries.Count == MaxTensors)
            {
                throw Bad($"there are more than {MaxTensors} tensors");
            }

            ScalarType? type = null;
            long[]? shape = null;
            (long Begin, long End)? offsets = null;
            while (ReadName() is { } field)
            {
                switch (field)
                {
                    case "dtype" when type is null:
                        type = ReadType(name);
                        break;
                    case "shape" when shape is null:
                        shape = ReadNumbers(name, field).ToArray();
                        break;
                    case "data_offsets" when offsets is null:
                        offsets = ReadNumbers(name, field) is [var begin, var end]
                            ? (begin, end)
                            : throw Bad(name, "'data_offsets' does not hold two numbers");
                        break;
                    case "dtype" or "shape" or "data_offsets":
                        throw Bad(name, $"'{field}' appears twice");
                    default:
                        _reader.Skip();
                        break;
                }
            }

            Add(name, new TensorEntry(
                type ?? throw Bad(name, "'dtype' is missing"), shape ?? throw Bad(name, "'shape' is missing")),
                offsets ?? throw Bad(name, "'data_offsets' is missing"));
        }

        private ScalarType ReadType(string name)
        {
            var text = _reader.TokenType == JsonTokenType.String && _reader.ValueSpan.Length <= 32 ? _reader.GetString() : null;
            return SafetensorsType.TryParse(text, out var type)
                ? type
                : throw Bad(name, $"its type '{Short(Encoding.UTF8.GetString(_reader.ValueSpan[..Math.Min(_reader.ValueSpan.Length, 32)]))}' is not supported; supported are {SafetensorsType.Supported}");
        }

        private ReadOnlySpan<long> ReadNumbers(string name, string field)
        {
            if (_reader.TokenType != JsonTokenType.StartArray)
            {
                throw Bad(name, $"'{field}' is not a list");
            }

            var count = 0;
            while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
            {
                if (count == MaxRank)
                {
                    throw Bad(name, $"'{field}' has more than {MaxRank} numbers");
                }

                _shape[count++] = _reader.TokenType == JsonTokenType.Number && _reader.TryGetInt64(out var number) && number >= 0
                    ? number
                    : throw Bad(name, $"'{field}' holds something other than integers from 0 to {long.MaxValue}");
            }

            return _shape.AsSpan(0, count);
        }

        private readonly void Add(string name, TensorEntry entry, (long Begin, long End) offsets)
        {
            var (begin, end) = offsets;
            if (begin > end || end > dataLength)
            {
                throw Bad(name, $"its bytes {begin} to {end} lie outside the {dataLength} bytes of data: the file is truncated or damaged");
            }

            if (ByteLength(entry) is not { } length || length != end - begin)
            {
                throw Bad(name, $"shape [{string.Join(", ", entry.Shape)}] of {SafetensorsType.NameOf(entry.Type)} does not fill its {end - begin} bytes exactly");
            }

            if (!_entries.TryAdd(name, entry))
            {
                throw Bad(name, "it appears twice");
            }

            _offsets.Add(name, begin);
            _ranges.Add((begin, end, name));
        }

        private static long? ByteLength(TensorEntry entry)
        {
            if (entry.Shape.Contains(0))
            {
                return 0;
            }

            long length = SafetensorsType.SizeOf(entry.Type);
            foreach (var size in entry.Shape)
            {
                if (length > long.MaxValue / size)
                {
                    return null;
                }

                length *= size;
            }

            return length;
        }

        private readonly void CheckCoverage()
        {
            _ranges.Sort();
            var position = 0L;
            foreach (var (begin, end, name) in _ranges)
            {
                if (begin != position)
                {
                    throw Bad(name, begin < position
                        ? $"its bytes begin at {begin}, inside another tensor that ends at {position}"
                        : $"its bytes begin at {begin} and leave a gap behind the previous tensor's end at {position}");
                }

                position = end;
            }

            if (position != dataLength)
            {
                throw Bad($"the tensors end at byte {position} of the data but the file has {dataLength}");
            }
        }

        private readonly CheckpointException Bad(string what) => new($"{file}: {what}.");

        private readonly CheckpointException Bad(string tensor, string what) => new($"{file}: tensor '{Short(tensor)}': {what}.");

        private static string Short(string text) => text.Length <= 200 ? text : string.Concat(text.AsSpan(0, 200), "…");
    }
}
