namespace StableRep.Api.Sweeps;

/// <summary>An axis's text cannot be read.</summary>
/// <param name="position">The index of the character at which it goes wrong.</param>
/// <param name="problem">What is wrong there.</param>
/// <param name="hint">What to write instead.</param>
public sealed class AxisSyntaxException(int position, string problem, string hint)
    : Exception(FormattableString.Invariant($"At character {position + 1}, {problem}. {hint}"))
{
    /// <summary>The index of the character at which it goes wrong; the text's length for its end.</summary>
    public int Position { get; } = position;

    /// <summary>What to write instead.</summary>
    public string Hint { get; } = hint;
}
