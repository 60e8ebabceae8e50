using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace StableRep.Engine.Checkpoints;

/// <summary>Writes safetensors files. Format: https://github.com/huggingface/safetensors#format.</summary>
public static class SafetensorsWriter
{
    /// <summary>
    /// Writes tensors, of any device and layout, under their names. The file appears under <paramref name="path"/> complete or not at all: it
    /// is written beside it under a temporary name, flushed to the disk and renamed. The same tensors give the same bytes.
    /// </summary>
    /// <exception cref="ArgumentException">A tensor's type has no name in the format, or a tensor is named <c>__metadata__</c>.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var full = Path.GetFullPath(path);
        var temporary = Path.Combine(Path.GetDirectoryName(full)!, $".{Path.GetFileName(full)}.{Guid.NewGuid():n}.tmp");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                Write(stream, tensors, metadata);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes tensors to a stream from where it stands.</summary>
    /// <inheritdoc cref="Write(string, IReadOnlyDictionary{string, Tensor}, IReadOnlyDictionary{string, string}?)" path="/exception"/>
    public static void Write(Stream stream, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        // Wide types first keeps every tensor aligned to its own size.
        var ordered = tensors
            .OrderByDescending(pair => SafetensorsType.SizeOf(pair.Value.dtype))
            .ThenBy(pair => pair.Key, StringComparer.Ordinal)
            .ToList();
        var header = Header(ordered, metadata);
        Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
        stream.Write(prefix);
        stream.Write(header);
        foreach (var (_, tensor) in ordered)
        {
            using var scope = NewDisposeScope();
            TensorBytes.Write(tensor.detach().cpu().contiguous(), stream);
        }
    }

    private static byte[] Header(IReadOnlyList<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            var position = 0L;
            foreach (var (name, tensor) in tensors)
            {
                position = WriteEntry(json, name, tensor, position);
            }

            json.WriteEndObject();
        }

        // The format pads with spaces, so that the data begins at a multiple of eight.
        while (buffer.Length % SafetensorsHeader.PrefixBytes != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        return buffer.ToArray();
    }

    private static long WriteEntry(Utf8JsonWriter json, string name, Tensor tensor, long position)
    {
        if (name == "__metadata__")
        {
            throw new ArgumentException("'__metadata__' is the format's own key and cannot name a tensor.");
        }

        var type = SafetensorsType.NameOf(tensor.dtype)
            ?? throw new ArgumentException($"Tensor '{name}' is {tensor.dtype}, which safetensors files cannot hold; supported are {SafetensorsType.Supported}.");
        var end = position + tensor.NumberOfElements * SafetensorsType.SizeOf(tensor.dtype);
        json.WriteStartObject(name);
        json.WriteString("dtype", type);
        json.WriteStartArray("shape");
        foreach (var size in tensor.shape)
        {
            json.WriteNumberValue(size);
        }

        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(position);
        json.WriteNumberValue(end);
        json.WriteEndArray();
        json.WriteEndObject();
        return end;
    }
}
