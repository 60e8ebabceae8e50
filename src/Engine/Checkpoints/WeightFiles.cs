using System.Text.RegularExpressions;

namespace StableRep.Engine.Checkpoints;

/// <summary>
/// How the weights of a component are called: STEM[.VARIANT].safetensors, or for weights in several files an index
/// STEM.safetensors.index[.VARIANT].json (or STEM.VARIANT.safetensors.index.json) that names them.
/// </summary>
internal static partial class WeightFiles
{
    public const string Extension = ".safetensors";

    // diffusers' models, transformers' models, and what older exports of either were called; the first is preferred.
    private static readonly string[] Stems = ["diffusion_pytorch_model", "model", "pytorch_model"];

    /// <summary>The file or index to read among a folder's files.</summary>
    /// <param name="folder">The folder, for messages.</param>
    /// <param name="fileNames">The names of its files.</param>
    /// <param name="variant">The variant; null for the weights without one or, when there are none, the only variant there is.</param>
    /// <param name="orPlain">Whether the weights without a variant do when the variant is not there.</param>
    /// <exception cref="CheckpointException">There are no such weights, several to choose from, or only pickled ones.</exception>
    public static string Choose(string folder, IReadOnlyCollection<string> fileNames, string? variant, bool orPlain = false)
    {
        var found = fileNames
            .Select(name => FileName().Match(name))
            .Where(match => match.Success)
            .OrderBy(match => Array.IndexOf(Stems, match.Groups["stem"].Value))
            .ThenBy(match => match.Groups["index"].Success)
            .ThenBy(match => match.Value, StringComparer.Ordinal)
            .Select(match => (Name: match.Value, Variant: match.Groups["variant"] is { Success: true, Value: var value } ? value : null))
            .ToList();
        var variants = found.Select(file => file.Variant).Distinct().ToList();
        var wanted = variants switch
        {
            _ when variants.Contains(variant) => variant,
            [var only] when variant is null => only,
            _ when orPlain && variants.Contains(null) => null,
            _ => variant,
        };
        if (found.FirstOrDefault(file => file.Variant == wanted).Name is { } chosen)
        {
            return chosen;
        }

        if (found.Count > 0)
        {
            var there = string.Join(", ", variants.Select(name => name ?? "no variant").Order(StringComparer.Ordinal));
            throw new CheckpointException(
                $"{folder}: there are no weights {(variant is null ? "without a variant" : $"of the variant '{variant}'")}; there are weights of: {there}.");
        }

        var pickled = fileNames.FirstOrDefault(name => Path.GetExtension(name) is ".bin" or ".ckpt" or ".pt" or ".pth");
        throw new CheckpointException(pickled is null
            ? $"{folder}: there are no weights: looked for {string.Join(", ", Stems.Select(stem => stem + Extension))} and their indexes."
            : $"{Path.Combine(folder, pickled)}: {PickledCheckpoint.Refusal}.");
    }

    // A shard has its number in the place of the variant or before it, behind a dash, and is opened through its index only.
    [GeneratedRegex(
        """^(?<stem>diffusion_pytorch_model|model|pytorch_model)(\.(?<variant>[^.-]+))?\.safetensors(?<index>\.index(\.(?<variant>[^.-]+))?\.json)?$""",
        RegexOptions.ExplicitCapture)]
    private static partial Regex FileName();
}
