using System.Globalization;
using System.Text.RegularExpressions;

namespace StableRep.Web.Playground;

/// <summary>Lists of numbers as people write them: <c>1, 2, 4, 7.5</c>, and for whole numbers also <c>0-3</c>.</summary>
public static partial class NumberList
{
    private const int Most = 1000;

    /// <summary>Reads decimal numbers.</summary>
    /// <param name="text">The text.</param>
    /// <param name="numbers">The numbers, each once.</param>
    /// <returns>What is wrong, or null.</returns>
    public static string? ReadDecimals(string? text, out IReadOnlyList<double> numbers)
    {
        var found = new List<double>();
        numbers = found;
        foreach (var part in Parts(text))
        {
            if (!double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
            {
                return $"'{part}' is not a number: write numbers with commas in between, such as 1, 2, 7.5.";
            }

            if (!found.Contains(number))
            {
                found.Add(number);
            }
        }

        return found.Count == 0 ? "Write at least one number." : null;
    }

    /// <summary>Reads whole numbers and ranges of them.</summary>
    /// <param name="text">The text.</param>
    /// <param name="numbers">The numbers, each once.</param>
    /// <returns>What is wrong, or null.</returns>
    public static string? ReadWhole(string? text, out IReadOnlyList<long> numbers)
    {
        var found = new List<long>();
        numbers = found;
        foreach (var part in Parts(text))
        {
            var range = Range().Match(part);
            var last = 0L;
            if (!long.TryParse(range.Success ? range.Groups[1].Value : part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var first)
                || (range.Success && (!long.TryParse(range.Groups[2].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out last) || last < first)))
            {
                return $"'{part}' is not a whole number: write numbers with commas in between, or a range such as 0-3.";
            }

            for (var number = first; number <= (range.Success ? last : first); number++)
            {
                if (found.Count >= Most)
                {
                    return $"That is more than {Most} numbers.";
                }

                if (!found.Contains(number))
                {
                    found.Add(number);
                }
            }
        }

        return found.Count == 0 ? "Write at least one number." : null;
    }

    private static string[] Parts(string? text) =>
        (text ?? "").Split([',', ';', ' ', '\t', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex("^(-?[0-9]+)-(-?[0-9]+)$")]
    private static partial Regex Range();
}
