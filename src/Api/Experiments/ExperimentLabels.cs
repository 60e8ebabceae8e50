using StableRep.Api.Http;

namespace StableRep.Api.Experiments;

/// <summary>What an experiment may be called and labelled with: the one place for creating, copying and editing.</summary>
internal static class ExperimentLabels
{
    /// <summary>The longest name in characters.</summary>
    public const int LongestName = 200;

    private const int LongestNotes = 20_000;
    private const int MostTags = 30;
    private const int LongestTag = 60;

    // Pages write tags with commas between them.
    private const char Separator = ',';

    /// <summary>The problem of each field, by its name in camel case; null stands for what is not to change.</summary>
    public static Dictionary<string, string> Problems(string? name, string? notes, IReadOnlyList<string>? tags, int? priority)
    {
        var problems = new Dictionary<string, string>();
        if (name is not null && (name.Trim() is not { Length: >= 1 and <= LongestName } || !IsText(name)))
        {
            problems["name"] = $"The name must have 1 to {LongestName} characters.";
        }

        if (notes is not null && (notes.Length > LongestNotes || !IsText(notes)))
        {
            problems["notes"] = $"Notes must be text of at most {LongestNotes} characters.";
        }

        // A list of JSON may hold nulls whatever its type says.
        if (tags is not null && (tags.Count > MostTags || !tags.All(IsTag)))
        {
            problems["tags"] = $"There may be {MostTags} tags of 1 to {LongestTag} characters, without commas.";
        }

        if (priority is < -10 or > 10)
        {
            problems["priority"] = "The priority must be from -10 to 10.";
        }

        return problems;
    }

    /// <summary>Refuses labels with problems.</summary>
    /// <exception cref="InputException">There are some.</exception>
    public static void Check(ExperimentEdit edit)
    {
        var problems = Problems(edit.Name, edit.Notes, edit.Tags, edit.Priority);
        if (problems.Count > 0)
        {
            throw new InputException(problems);
        }
    }

    /// <summary>Tags as they are kept: without space around them, each once.</summary>
    public static string[] Tidy(IEnumerable<string> tags) => [.. tags.Select(tag => tag.Trim()).Distinct(StringComparer.Ordinal)];

    private static bool IsTag(string? tag) =>
        tag?.Trim() is { Length: >= 1 and <= LongestTag } && !tag.Contains(Separator, StringComparison.Ordinal) && IsText(tag);

    private static bool IsText(string text) => !text.Contains('\0', StringComparison.Ordinal);
}
