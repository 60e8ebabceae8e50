using System.Text.RegularExpressions;

namespace StableRep.Engine.Checkpoints;

/// <summary>Finds and opens the weights of a component's folder in the diffusers layout.</summary>
public static partial class TensorSources
{
    private const string Extension = ".safetensors";

    // diffusers' models, transformers' models, and what older exports of either were called.
    private static readonly string[] Stems = ["diffusion_pytorch_model", "model", "pytorch_model"];

    /// <summary>
    /// Opens the weights of one component: one file, or the files that a <c>*.index.json</c> lists. Names that older releases of diffusers and
    /// transformers wrote are given as today's (see <see cref="ObsoleteNames"/>).
    /// </summary>
    /// <param name="folder">The component's folder, such as <c>unet</c>.</param>
    /// <param name="variant">
    /// The variant in the file's name, such as <c>fp16</c> for <c>model.fp16.safetensors</c>; null for the weights without one or, when there
    /// are none, the only variant there is.
    /// </param>
    /// <exception cref="CheckpointException">
    /// There are no such weights, several to choose from, or only pickled ones; the message names what the folder holds.
    /// </exception>
    public static ITensorSource OpenComponent(string folder, string? variant = null)
    {
        if (!Directory.Exists(folder))
        {
            throw new CheckpointException($"{folder}: there is no such folder.");
        }

        var path = Choose(folder, variant, Weights.List(folder));
        ITensorSource source = path.EndsWith(Extension, StringComparison.Ordinal) ? SafetensorsFile.Open(path) : ShardedTensors.Open(path);
        try
        {
            return ObsoleteNames.Renew(source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static string Choose(string folder, string? variant, IReadOnlyList<Weights> found)
    {
        var variants = found.Select(weights => weights.Variant).Distinct().ToList();
        var wanted = variant is null && !variants.Contains(null) && variants is [var only] ? only : variant;
        if (found.FirstOrDefault(weights => weights.Variant == wanted) is { } chosen)
        {
            return chosen.Path;
        }

        if (found.Count > 0)
        {
            var there = string.Join(", ", variants.Select(name => name ?? "no variant").Order(StringComparer.Ordinal));
            throw new CheckpointException(
                $"{folder}: there are no weights {(variant is null ? "without a variant" : $"of the variant '{variant}'")}; there are weights of: {there}.");
        }

        var pickled = Directory.EnumerateFiles(folder).FirstOrDefault(file => Path.GetExtension(file) is ".bin" or ".ckpt" or ".pt" or ".pth");
        throw new CheckpointException(pickled is null
            ? $"{folder}: there are no weights: looked for {string.Join(", ", Stems.Select(stem => stem + Extension))} and their indexes."
            : $"{pickled}: {PickledCheckpoint.Refusal}.");
    }

    private sealed partial record Weights(string Path, string? Variant)
    {
        /// <summary>Every single file and index in a folder, the preferred first.</summary>
        public static IReadOnlyList<Weights> List(string folder) =>
        [
            .. Directory.EnumerateFiles(folder)
                .Select(path => (Path: path, Match: FileName().Match(System.IO.Path.GetFileName(path))))
                .Where(file => file.Match.Success)
                .OrderBy(file => Array.IndexOf(Stems, file.Match.Groups["stem"].Value))
                .ThenBy(file => file.Match.Groups["index"].Success)
                .ThenBy(file => file.Path, StringComparer.Ordinal)
                .Select(file => new Weights(file.Path, file.Match.Groups["variant"] is { Success: true, Value: var variant } ? variant : null)),
        ];

        // STEM[.VARIANT].safetensors, STEM.safetensors.index[.VARIANT].json and STEM.VARIANT.safetensors.index.json; shards have their number in
        // the place of the variant or before it, with a dash, and are opened through their index only.
        [GeneratedRegex("""^(?<stem>diffusion_pytorch_model|model|pytorch_model)(\.(?<variant>[^.-]+))?\.safetensors(?<index>\.index(\.(?<variant>[^.-]+))?\.json)?$""", RegexOptions.ExplicitCapture)]
        private static partial Regex FileName();
    }
}
