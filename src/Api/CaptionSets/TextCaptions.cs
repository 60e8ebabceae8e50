using System.Runtime.CompilerServices;
using System.Text;

namespace StableRep.Api.CaptionSets;

/// <summary>Reads files of one caption a line.</summary>
internal static class TextCaptions
{
    /// <summary>The longest line that is read whole, in characters; the rest of a longer one is passed over.</summary>
    private const int MaxLine = 1 << 20;

    public static async IAsyncEnumerable<RawCaption> ReadLinesAsync(
        TextReader reader, Action<FoundColumn> found, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        found(FoundColumn.None);
        await foreach (var (number, line) in LinesAsync(reader, cancellationToken))
        {
            yield return new RawCaption(number, line);
        }
    }

    /// <summary>The lines with their numbers from 1, each cut to a bounded length: a file without line breaks must not fill the memory.</summary>
    public static async IAsyncEnumerable<(long Number, string Line)> LinesAsync(
        TextReader reader, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var buffer = new char[1 << 15];
        var line = new StringBuilder();
        var number = 1L;
        var afterReturn = false;
        var begun = false;
        while (true)
        {
            var count = await reader.ReadAsync(buffer, cancellationToken);
            if (count == 0)
            {
                break;
            }

            var start = 0;
            while (start < count)
            {
                if (afterReturn && buffer[start] == '\n')
                {
                    start++;
                    afterReturn = false;
                    continue;
                }

                afterReturn = false;
                var end = buffer.AsSpan(start, count - start).IndexOfAny('\n', '\r');
                var piece = end < 0 ? count - start : end;
                line.Append(buffer, start, Math.Min(piece, MaxLine - line.Length));
                begun = true;
                start += piece;
                if (end < 0)
                {
                    break;
                }

                afterReturn = buffer[start++] == '\r';
                yield return (number++, line.ToString());
                line.Clear();
                begun = false;
            }
        }

        if (begun)
        {
            yield return (number, line.ToString());
        }
    }
}
