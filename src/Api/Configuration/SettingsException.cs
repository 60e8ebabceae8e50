namespace StableRep.Api.Configuration;

/// <summary>Keys of the configuration are unknown or have wrong values; the message has a line for each.</summary>
/// <param name="problems">Each problem, with its key and what would be right.</param>
public sealed class SettingsException(IReadOnlyList<string> problems)
    : FormatException("The configuration is wrong:" + string.Concat(problems.Select(problem => Environment.NewLine + "  " + problem)))
{
    /// <summary>Each problem, with its key and what would be right.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}
