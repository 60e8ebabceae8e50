using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace StableRep.Api.CaptionSets;

/// <summary>Reads JSON lines, and JSON documents of any size without holding them in memory.</summary>
internal static class JsonCaptions
{
    private const int MaxElement = 16 << 20;

    public static async IAsyncEnumerable<RawCaption> ReadLinesAsync(
        TextReader reader, string? column, Action<FoundColumn> found, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var chooser = new Chooser(column, found);
        await foreach (var (number, line) in TextCaptions.LinesAsync(reader, cancellationToken))
        {
            yield return string.IsNullOrWhiteSpace(line) ? new RawCaption(number, "") : ReadLine(number, line, chooser);
        }
    }

    /// <summary>
    /// Reads an array of captions, or of objects with a caption, at the top or as a property of the top object (RedCaps and COCO call it
    /// <c>annotations</c>). Entries are numbered from 1.
    /// </summary>
    public static async IAsyncEnumerable<RawCaption> ReadDocumentAsync(
        Stream stream, string? column, Action<FoundColumn> found, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var chooser = new Chooser(column, found);
        var input = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 1 << 16));
        var state = new JsonReaderState(new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        var inArray = false;
        var number = 0L;
        var parsed = new List<RawCaption>();
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var buffer = SkipMark(result.Buffer, number == 0 && !inArray);
            var consumed = Parse(buffer, result.IsCompleted, ref state, ref inArray, ref number, chooser, parsed);
            foreach (var caption in parsed)
            {
                yield return caption;
            }

            parsed.Clear();
            if (buffer.Slice(consumed).Length > MaxElement)
            {
                throw new CaptionFileException($"Entry {number + 1} is longer than {MaxElement >> 20} MB.");
            }

            input.AdvanceTo(consumed, buffer.End);
            if (result.IsCompleted)
            {
                break;
            }
        }

        if (!chooser.Told)
        {
            throw new CaptionFileException("The JSON document has no array of captions: write an array of strings or of objects, at the top or under one key.");
        }
    }

    private static ReadOnlySequence<byte> SkipMark(ReadOnlySequence<byte> buffer, bool first)
    {
        Span<byte> start = stackalloc byte[3];
        if (!first || buffer.Length < 3)
        {
            return buffer;
        }

        buffer.Slice(0, 3).CopyTo(start);
        return start.SequenceEqual("\uFEFF"u8) ? buffer.Slice(3) : buffer;
    }

    private static SequencePosition Parse(
        ReadOnlySequence<byte> buffer, bool last, ref JsonReaderState state, ref bool inArray, ref long number, Chooser chooser, List<RawCaption> parsed)
    {
        var reader = new Utf8JsonReader(buffer, last, state);
        try
        {
            while (true)
            {
                var before = reader;
                if (!reader.Read())
                {
                    break;
                }

                if (!inArray)
                {
                    inArray = reader.TokenType == JsonTokenType.StartArray && reader.CurrentDepth <= 1;
                    if (!inArray && reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.StartObject && !reader.TrySkip())
                    {
                        reader = before;
                        break;
                    }
                }
                else if (reader.TokenType == JsonTokenType.EndArray)
                {
                    inArray = false;
                }
                else
                {
                    var element = reader;
                    if (!reader.TrySkip())
                    {
                        reader = before;
                        break;
                    }

                    parsed.Add(Element(++number, ref element, chooser));
                }
            }
        }
        catch (JsonException exception)
        {
            throw new CaptionFileException($"The JSON is broken after entry {number}: {exception.Message}", exception);
        }

        state = reader.CurrentState;
        return reader.Position;
    }

    private static RawCaption Element(long number, ref Utf8JsonReader reader, Chooser chooser)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return chooser.Caption(number, document.RootElement);
    }

    private static RawCaption ReadLine(long number, string line, Chooser chooser)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return chooser.Caption(number, document.RootElement);
        }
        catch (JsonException exception)
        {
            return new RawCaption(number, null, $"Not JSON: {exception.Message}");
        }
    }

    /// <summary>Finds the caption's key in the first object and keeps to it.</summary>
    private sealed class Chooser(string? wanted, Action<FoundColumn> found)
    {
        private string? _key;

        public bool Told { get; private set; }

        public RawCaption Caption(long number, JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.String)
            {
                Tell(FoundColumn.None);
                return new RawCaption(number, element.GetString());
            }

            if (element.ValueKind != JsonValueKind.Object)
            {
                return new RawCaption(number, null, $"A {element.ValueKind} is no caption.");
            }

            if (_key is null)
            {
                IReadOnlyList<string> keys = [.. element.EnumerateObject().Select(property => property.Name)];
                _key = Key(keys);
                Tell(new FoundColumn(_key, keys));
            }

            if (!element.TryGetProperty(_key, out var value))
            {
                return new RawCaption(number, null, $"The object has no '{_key}'.");
            }

            return value.ValueKind switch
            {
                JsonValueKind.String => new RawCaption(number, value.GetString()),
                JsonValueKind.Null => new RawCaption(number, ""),
                _ => new RawCaption(number, null, $"'{_key}' is a {value.ValueKind}, not a string."),
            };
        }

        private string Key(IReadOnlyList<string> keys) =>
            (wanted is null ? CaptionColumns.Find(keys) : keys.FirstOrDefault(key => string.Equals(key, wanted, StringComparison.OrdinalIgnoreCase)))
            ?? throw new CaptionFileException(
                $"The objects have no key {(wanted is null ? "that looks like a caption" : $"'{wanted}'")}: they have {string.Join(", ", keys.Take(20).Select(key => $"'{key}'"))}.",
                columns: keys);

        private void Tell(FoundColumn column)
        {
            if (!Told)
            {
                Told = true;
                found(column);
            }
        }
    }
}
