using System.Text.Json;
using StableRep.Engine.Checkpoints;

namespace StableRep.Engine.Text;

/// <summary>One special token: its text, and whether it is looked for in the normalised (lower-case) text or in the text as written.</summary>
internal sealed record SpecialToken(string Content, bool Normalized)
{
    /// <summary>Reads <c>"text"</c> or <c>{"content": "text", "normalized": true, ...}</c>.</summary>
    public static SpecialToken Parse(JsonElement value, string role, string path)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return new(value.GetString()!, Normalized: true);
        }

        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty("content", out var content) || content.ValueKind != JsonValueKind.String)
        {
            throw new CheckpointException($"{path}: {role} is {value}; it must be a text or an object with 'content'.");
        }

        foreach (var option in new[] { "lstrip", "rstrip", "single_word" })
        {
            if (value.TryGetProperty(option, out var flag) && flag.ValueKind != JsonValueKind.False)
            {
                throw new CheckpointException($"{path}: {role}.{option} is {flag}; only false is supported.");
            }
        }

        return new(content.GetString()!, !value.TryGetProperty("normalized", out var normalized) || normalized.ValueKind != JsonValueKind.False);
    }
}

/// <summary>The ids of the special tokens, and which of them are recognised inside a text.</summary>
internal sealed record SpecialTokens(
    int Begin, int End, int Pad, int Unknown, IReadOnlyList<(string Text, int Id)> InRawText, IReadOnlyList<(string Text, int Id)> InNormalizedText)
{
    /// <summary>The roles as the config files name them.</summary>
    public static IReadOnlyList<string> RoleNames { get; } = ["bos_token", "eos_token", "unk_token", "pad_token"];

    /// <summary>Looks the special tokens up in the vocabulary; roles that no file names have CLIP's own tokens.</summary>
    /// <exception cref="CheckpointException">The vocabulary lacks one.</exception>
    public static SpecialTokens From(TokenizerFiles files)
    {
        var begin = Role("bos_token", "<|startoftext|>");
        var end = Role("eos_token", "<|endoftext|>");
        var pad = Role("pad_token", "<|endoftext|>");
        var unknown = Role("unk_token", "<|endoftext|>");

        // A pad token that is an ordinary symbol (SD 2 pads with '!') stays ordinary inside a text.
        var recognised = new[] { begin, end, unknown, pad }.Where(token => token.Content.Length > 1).Distinct().ToList();
        return new(
            Id(begin), Id(end), Id(pad), Id(unknown),
            [.. recognised.Where(token => !token.Normalized).Select(token => (token.Content, Id(token)))],
            [.. recognised.Where(token => token.Normalized).Select(token => (ClipText.Normalize(token.Content), Id(token)))]);

        SpecialToken Role(string role, string fallback) => files.Roles.GetValueOrDefault(role) ?? new(fallback, Normalized: true);

        int Id(SpecialToken token) => files.Vocabulary.TryGetValue(token.Content, out var id)
            ? id
            : throw new CheckpointException($"{files.ConfigPath} names the special token '{token.Content}', which vocab.json lacks.");
    }

    /// <summary>Cuts a text at the given tokens, the leftmost first and the longest among those; the parts between have no id.</summary>
    public static IEnumerable<(string Part, int? Id)> Split(string text, IReadOnlyList<(string Text, int Id)> tokens)
    {
        var start = 0;
        while (start < text.Length)
        {
            var (found, match) = (text.Length, default((string Text, int Id)?));
            foreach (var token in tokens)
            {
                var index = text.IndexOf(token.Text, start, StringComparison.Ordinal);
                if (index >= 0 && (index < found || (index == found && token.Text.Length > match?.Text.Length)))
                {
                    (found, match) = (index, token);
                }
            }

            if (found > start)
            {
                yield return (text[start..found], null);
            }

            if (match is { } special)
            {
                yield return (special.Text, special.Id);
            }

            start = found + (match?.Text.Length ?? 0);
        }
    }
}
