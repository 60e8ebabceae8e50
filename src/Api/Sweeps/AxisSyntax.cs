using System.Globalization;

namespace StableRep.Api.Sweeps;

/// <summary>
/// Reads the values of one axis. Numbers are written one by one, as ranges, or mixed: <c>1, 2, 4, 8</c>, <c>1-10 (+3)</c>, <c>10-2 (-2)</c>,
/// <c>1-3 [5]</c> for five values from 1 to 3, <c>1, 2, 4-10 (+2)</c>. The step of a range is 1 when none is written. Words are divided by
/// commas. A value that comes twice counts once.
/// </summary>
public static class AxisSyntax
{
    /// <summary>The most values of an axis.</summary>
    public const int MaxValues = 100;

    private const string NumbersHint = "Write numbers such as 1, 2, 4, 8, or a range such as 1-10 (+1).";

    /// <summary>Reads numbers, in the order in which they are written.</summary>
    /// <exception cref="AxisSyntaxException">The text is no list of numbers and ranges; the message says where and what to write.</exception>
    public static IReadOnlyList<decimal> Numbers(string text)
    {
        var reader = new AxisReader(text, NumbersHint);
        var values = new OrderedDictionary<decimal, bool>();
        do
        {
            foreach (var value in Item(reader))
            {
                values.TryAdd(value, true);
            }

            if (values.Count > MaxValues)
            {
                throw reader.Error(reader.Position, $"there are more than {MaxValues} values", "Leave some out, or make the step larger.");
            }
        }
        while (reader.Take(','));
        reader.ExpectEnd();
        return [.. values.Keys];
    }

    /// <summary>Reads words out of those that are known, whatever their case.</summary>
    /// <exception cref="AxisSyntaxException">A word is unknown or missing; the message says where and which there are.</exception>
    public static IReadOnlyList<string> Words(string text, IReadOnlyList<string> known)
    {
        var values = new OrderedDictionary<string, bool>(StringComparer.Ordinal);
        var start = 0;
        foreach (var part in text.Split(','))
        {
            var word = part.Trim();
            var position = start + part.Length - part.TrimStart().Length;
            var match = known.FirstOrDefault(name => name.Equals(word, StringComparison.OrdinalIgnoreCase)) ?? throw new AxisSyntaxException(
                Math.Min(position, text.Length),
                word.Length == 0 ? "a name is missing" : $"'{word}' is unknown",
                $"There are: {string.Join(", ", known)}.");
            values.TryAdd(match, true);
            start += part.Length + 1;
        }

        return [.. values.Keys];
    }

    /// <summary>A number as an axis writes it: no trailing zeros, no exponent.</summary>
    public static string Write(decimal value) => value.ToString("0.############################", CultureInfo.InvariantCulture);

    private static IEnumerable<decimal> Item(AxisReader reader)
    {
        var start = reader.Next();
        var first = reader.Number();
        if (!reader.Take('-') && !reader.Take('–'))
        {
            return [first];
        }

        var last = reader.Number();
        if (reader.Take('['))
        {
            var at = reader.Next();
            var count = reader.Number();
            reader.Expect(']');
            return count == decimal.Truncate(count) && count is >= 2 and <= MaxValues
                ? Enumerable.Range(0, (int)count).Select(number => first + ((last - first) * number / (count - 1)))
                : throw reader.Error(at, $"{Write(count)} is no number of values", $"Write a whole number from 2 to {MaxValues} between [ and ].");
        }

        var step = first <= last ? 1m : -1m;
        if (reader.Take('('))
        {
            var at = reader.Next();
            step = reader.Number(signed: true);
            reader.Expect(')');
            if (step == 0 || (last != first && step > 0 != last > first))
            {
                throw reader.Error(at, $"a step of {Write(step)} never comes from {Write(first)} to {Write(last)}", $"Write ({(first <= last ? "+" : "-")}1), for example.");
            }
        }

        // In floating point: a step of nearly nothing would overflow.
        var steps = Math.Floor(((double)last - (double)first) / (double)step);
        return steps < MaxValues
            ? Enumerable.Range(0, (int)Math.Floor((last - first) / step) + 1).Select(number => first + (step * number))
            : throw reader.Error(start, $"the range has {steps + 1:0} values and an axis at most {MaxValues}", "Make the step larger.");
    }
}
