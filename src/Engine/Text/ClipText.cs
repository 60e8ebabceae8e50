using System.Buffers;
using System.Globalization;
using System.Text;

namespace StableRep.Engine.Text;

/// <summary>
/// What happens to a caption before its bytes are merged: Unicode composition (NFC), white space to single spaces, lower case, and the
/// split into pieces by <c>'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+</c> over Unicode scalars, not UTF-16 units.
/// </summary>
internal static class ClipText
{
    private static readonly string[] Contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    private enum Kind
    {
        Space,
        Letter,
        Number,
        Other,
    }

    /// <summary>Composes, collapses white space to single spaces and lowers the case. A lone surrogate becomes U+FFFD.</summary>
    public static string Normalize(string text)
    {
        var composed = Composed(WellFormed(text));
        var result = new StringBuilder(composed.Length);
        var afterSpace = false;
        foreach (var rune in composed.EnumerateRunes())
        {
            var space = Rune.IsWhiteSpace(rune);
            if (!space)
            {
                AppendLower(result, rune);
            }
            else if (!afterSpace)
            {
                result.Append(' ');
            }

            afterSpace = space;
        }

        return result.ToString();
    }

    /// <summary>The pieces of normalised text, in order; white space belongs to none.</summary>
    public static IEnumerable<Range> Pieces(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var (kind, end) = KindAt(text, start);
            if (kind == Kind.Other && ContractionAt(text, start) is { } contraction)
            {
                end = start + contraction.Length;
            }
            else if (kind is Kind.Letter or Kind.Other)
            {
                while (end < text.Length && KindAt(text, end) is var (next, after) && next == kind)
                {
                    end = after;
                }
            }

            if (kind != Kind.Space)
            {
                yield return start..end;
            }

            start = end;
        }
    }

    private static string? ContractionAt(string text, int start) =>
        text[start] == '\'' ? Array.Find(Contractions, c => string.CompareOrdinal(text, start, c, 0, c.Length) == 0) : null;

    private static (Kind Kind, int End) KindAt(string text, int index)
    {
        Rune.DecodeFromUtf16(text.AsSpan(index), out var rune, out var length);
        var kind = Rune.IsWhiteSpace(rune) ? Kind.Space : Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => Kind.Other,
        };
        return (kind, index + length);
    }

    private static void AppendLower(StringBuilder result, Rune rune)
    {
        // The only scalar whose lower case is two scalars; .NET's invariant mapping leaves it alone.
        if (rune.Value == 'İ')
        {
            result.Append("i\u0307");
            return;
        }

        Span<char> units = stackalloc char[2];
        result.Append(units[..Rune.ToLowerInvariant(rune).EncodeToUtf16(units)]);
    }

    // .NET refuses to normalise the noncharacter U+FFFE, which composes with nothing: what lies between is normalised by itself.
    private static string Composed(string text) => text.Contains('\uFFFE')
        ? string.Join('\uFFFE', text.Split('\uFFFE').Select(part => part.Normalize(NormalizationForm.FormC)))
        : text.Normalize(NormalizationForm.FormC);

    private static string WellFormed(string text)
    {
        for (var index = 0; index < text.Length;)
        {
            if (Rune.DecodeFromUtf16(text.AsSpan(index), out _, out var length) != OperationStatus.Done)
            {
                return Replaced(text);
            }

            index += length;
        }

        return text;
    }

    private static string Replaced(string text)
    {
        var result = new StringBuilder(text.Length);
        Span<char> units = stackalloc char[2];
        foreach (var rune in text.EnumerateRunes())
        {
            result.Append(units[..rune.EncodeToUtf16(units)]);
        }

        return result.ToString();
    }
}
