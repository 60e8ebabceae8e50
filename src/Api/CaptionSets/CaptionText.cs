using System.Buffers;
using System.Text;

namespace StableRep.Api.CaptionSets;

/// <summary>Brings captions into the one form in which they are stored, compared and hashed.</summary>
public static class CaptionText
{
    /// <summary>The longest caption that is kept, in UTF-16 code units: far beyond what a text encoder of 77 tokens reads.</summary>
    public const int MaxLength = 2000;

    private static readonly SearchValues<char> Plain = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,;:!?'\"-()/&%+#@*_$[]{}=<>|~^`\\");

    /// <summary>
    /// Unicode's composed form (NFC), control characters and unpaired surrogates dropped, every run of white space one space, none at the
    /// ends, cut to <see cref="MaxLength"/> between characters.
    /// </summary>
    /// <param name="text">The text as it was uploaded.</param>
    /// <param name="cut">Whether the text was longer than <see cref="MaxLength"/>.</param>
    public static string Normalize(string text, out bool cut)
    {
        cut = false;
        if (text.Length <= MaxLength && IsNormal(text))
        {
            return text;
        }

        var builder = new StringBuilder(Math.Min(text.Length, MaxLength + 2));
        var space = false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune))
            {
                space = builder.Length > 0;
            }
            else if (!Rune.IsControl(rune) && rune != Rune.ReplacementChar)
            {
                if (space)
                {
                    builder.Append(' ');
                    space = false;
                }

                builder.Append(rune);
            }

            // Composition shortens a text at most threefold: what follows cannot reach into the part that is kept.
            if (builder.Length > 3 * MaxLength)
            {
                break;
            }
        }

        var normal = builder.ToString().Normalize(NormalizationForm.FormC);
        cut = normal.Length > MaxLength;
        if (!cut)
        {
            return normal;
        }

        var end = char.IsHighSurrogate(normal[MaxLength - 1]) ? MaxLength - 1 : MaxLength;
        return normal[..end].TrimEnd(' ');
    }

    /// <summary>Plain ASCII with single spaces inside, which most captions are, needs no work.</summary>
    private static bool IsNormal(ReadOnlySpan<char> text)
    {
        while (true)
        {
            var next = text.IndexOfAnyExcept(Plain);
            if (next < 0)
            {
                return true;
            }

            if (next == 0 || text[next] != ' ' || next == text.Length - 1)
            {
                return false;
            }

            text = text[(next + 1)..];
            if (!Plain.Contains(text[0]))
            {
                return false;
            }
        }
    }
}
