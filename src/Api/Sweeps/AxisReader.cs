using System.Globalization;

namespace StableRep.Api.Sweeps;

/// <summary>Reads an axis's text from left to right.</summary>
internal sealed class AxisReader(string text, string hint)
{
    private const decimal Largest = 1_000_000_000_000_000;

    /// <summary>The next character's index.</summary>
    public int Position { get; private set; }

    /// <summary>Skips spaces.</summary>
    /// <returns>The position of what follows.</returns>
    public int Next()
    {
        while (Position < text.Length && char.IsWhiteSpace(text[Position]))
        {
            Position++;
        }

        return Position;
    }

    /// <summary>Takes a character if it comes next.</summary>
    public bool Take(char wanted)
    {
        var comes = Next() < text.Length && text[Position] == wanted;
        Position += comes ? 1 : 0;
        return comes;
    }

    /// <summary>Takes a character that must come next.</summary>
    public void Expect(char wanted)
    {
        if (!Take(wanted))
        {
            throw Error(Position, $"'{wanted}' is missing", hint);
        }
    }

    /// <summary>Makes sure that nothing more comes.</summary>
    public void ExpectEnd()
    {
        if (Next() < text.Length)
        {
            throw Error(Position, $"'{text[Position]}' is not expected", hint);
        }
    }

    /// <summary>Takes a number, such as <c>7.5</c>, <c>-1</c> or <c>2e-4</c>.</summary>
    public decimal Number(bool signed = false)
    {
        var start = Next();
        if (Position < text.Length && (text[Position] == '-' || (signed && text[Position] == '+')))
        {
            Position++;
        }

        Digits();
        if (Position < text.Length && text[Position] == '.')
        {
            Position++;
            Digits();
        }

        if (Position + 1 < text.Length && text[Position] is 'e' or 'E' && (char.IsAsciiDigit(text[Position + 1]) || text[Position + 1] is '-' or '+'))
        {
            Position += 2;
            Digits();
        }

        var written = text[start..Position];
        if (!decimal.TryParse(written, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
        {
            throw Error(
                start,
                start >= text.Length ? "a number is missing" : $"'{(written.Length > 0 ? written : text[start].ToString())}' is no number",
                hint);
        }

        return Math.Abs(value) <= Largest ? value : throw Error(start, $"{written} is too large", hint);
    }

    /// <summary>An error at a position.</summary>
    public AxisSyntaxException Error(int position, string problem, string wayOut) => new(Math.Min(position, text.Length), problem, wayOut);

    private void Digits()
    {
        while (Position < text.Length && char.IsAsciiDigit(text[Position]))
        {
            Position++;
        }
    }
}
