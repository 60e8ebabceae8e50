using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace StableRep.Engine.Diffusion.Training;

/// <summary>A learned vocabulary and its merges.</summary>
/// <param name="Tokens">The tokens; a token's id is its position. The last two are the special tokens.</param>
/// <param name="Merges">The merges, first learned first.</param>
internal sealed record BpeVocabulary(IReadOnlyList<string> Tokens, IReadOnlyList<(string Left, string Right)> Merges)
{
    public const string StartOfText = "<|startoftext|>";
    public const string EndOfText = "<|endoftext|>";

    // CLIP's files hold the symbols themselves, not escapes; the default encoder would escape most of them.
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes <c>vocab.json</c>, <c>merges.txt</c>, <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c>.</summary>
    /// <param name="folder">The tokenizer's folder; created where it is missing.</param>
    /// <param name="maximumLength">The tokens of a prompt, with the two special ones: <c>model_max_length</c>.</param>
    public void Write(string folder, int maximumLength)
    {
        Directory.CreateDirectory(folder);
        WriteJson("vocab.json", Tokens.Index().ToDictionary(token => token.Item, token => token.Index));
        var merges = new StringBuilder("#version: 0.2\n");
        foreach (var (left, right) in Merges)
        {
            merges.Append(left).Append(' ').Append(right).Append('\n');
        }

        File.WriteAllText(Path.Combine(folder, "merges.txt"), merges.ToString());
        WriteJson("special_tokens_map.json", new Dictionary<string, object>
        {
            ["bos_token"] = StartOfText,
            ["eos_token"] = EndOfText,
            ["unk_token"] = EndOfText,
            ["pad_token"] = EndOfText,
        });
        WriteJson("tokenizer_config.json", new Dictionary<string, object>
        {
            ["tokenizer_class"] = "CLIPTokenizer",
            ["model_max_length"] = maximumLength,
            ["do_lower_case"] = true,
            ["add_prefix_space"] = false,
            ["bos_token"] = StartOfText,
            ["eos_token"] = EndOfText,
            ["unk_token"] = EndOfText,
            ["pad_token"] = EndOfText,
        });

        void WriteJson<T>(string name, T value) => File.WriteAllText(Path.Combine(folder, name), JsonSerializer.Serialize(value, Json) + "\n");
    }
}
