using System.Text;

namespace StableRep.Api.Http.Lists;

/// <summary>What a filter is made of.</summary>
internal enum FilterTokenKind
{
    End,
    Word,
    Text,
    Sign,
}

/// <summary>A word, a text in quotes or a sign.</summary>
internal readonly record struct FilterToken(FilterTokenKind Kind, string Text, int Position);

/// <summary>Reads a filter word by word.</summary>
internal sealed class FilterLexer
{
    private const int MostLength = 2000;
    private readonly string _filter;
    private int _position;

    public FilterLexer(string filter)
    {
        _filter = filter.Length <= MostLength ? filter : throw new InputException("filter", $"The filter is longer than {MostLength} characters.");
        Current = Next();
    }

    public FilterToken Current { get; private set; }

    public InputException Error(string problem) => new("filter", $"At character {Current.Position + 1}: {problem}.");

    public bool TakeWord(string word) => TakeIf(Current.Kind == FilterTokenKind.Word && Current.Text == word);

    public bool TakeSign(string sign) => TakeIf(Current.Kind == FilterTokenKind.Sign && Current.Text == sign);

    public string Take(FilterTokenKind kind, string what)
    {
        var text = Current.Kind == kind ? Current.Text : throw Error($"expected {what}");
        Current = Next();
        return text;
    }

    public string TakeValue() => Current.Kind == FilterTokenKind.Text ? Take(FilterTokenKind.Text, "") : Take(FilterTokenKind.Word, "a value");

    private bool TakeIf(bool condition)
    {
        if (condition)
        {
            Current = Next();
        }

        return condition;
    }

    private FilterToken Next()
    {
        while (_position < _filter.Length && char.IsWhiteSpace(_filter[_position]))
        {
            _position++;
        }

        var start = _position;
        if (start == _filter.Length)
        {
            return new FilterToken(FilterTokenKind.End, "", start);
        }

        var first = _filter[start];
        if (first is '"' or '\'')
        {
            return Quoted(first, start);
        }

        if (IsWord(first))
        {
            while (_position < _filter.Length && IsWord(_filter[_position]))
            {
                _position++;
            }

            return new FilterToken(FilterTokenKind.Word, _filter[start.._position], start);
        }

        _position++;
        if (first is '!' or '<' or '>' && _position < _filter.Length && _filter[_position] == '=')
        {
            _position++;
        }

        var sign = _filter[start.._position];
        Current = new FilterToken(FilterTokenKind.Sign, sign, start);
        return sign is "=" or "!=" or "<" or "<=" or ">" or ">=" or ":" or "~" or "(" or ")" ? Current : throw Error($"'{sign}' means nothing here");
    }

    private static bool IsWord(char character) => char.IsLetterOrDigit(character) || character is '_' or '.' or '-' or '+';

    private FilterToken Quoted(char quote, int start)
    {
        var text = new StringBuilder();
        for (_position++; _position < _filter.Length; _position++)
        {
            var character = _filter[_position];
            if (character == quote)
            {
                _position++;
                return text.ToString().Contains('\0', StringComparison.Ordinal) ? throw new InputException("filter", "The filter holds characters that are no text.")
                    : new FilterToken(FilterTokenKind.Text, text.ToString(), start);
            }

            text.Append(character == '\\' && _position + 1 < _filter.Length ? _filter[++_position] : character);
        }

        Current = new FilterToken(FilterTokenKind.End, "", start);
        throw Error("this text has no closing quote");
    }
}
