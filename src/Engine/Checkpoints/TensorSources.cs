namespace StableRep.Engine.Checkpoints;

/// <summary>Finds and opens the weights of a component's folder in the diffusers layout.</summary>
public static class TensorSources
{
    /// <summary>
    /// Opens the weights of one component: one file, or the files that a <c>*.index.json</c> lists. Names that older releases of diffusers and
    /// transformers wrote are given as today's.
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

        var names = Directory.EnumerateFiles(folder).Select(file => Path.GetFileName(file)).ToList();
        var path = Path.Combine(folder, WeightFiles.Choose(folder, names, variant));
        ITensorSource source = path.EndsWith(WeightFiles.Extension, StringComparison.Ordinal) ? SafetensorsFile.Open(path) : ShardedTensors.Open(path);
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
}
