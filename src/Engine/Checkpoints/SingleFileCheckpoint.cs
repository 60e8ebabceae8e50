namespace StableRep.Engine.Checkpoints;

/// <summary>
/// A Stable Diffusion 1.x checkpoint in one <c>.safetensors</c> file, as the original training code (CompVis, latent-diffusion) names its tensors,
/// seen as the components of the diffusers layout. Moving averages (<c>model_ema.*</c>), the noise schedule's buffers and anything else outside
/// the three networks are left out. The file has no tokenizer: CLIP's <c>vocab.json</c> and <c>merges.txt</c> must come from elsewhere.
/// </summary>
public sealed class SingleFileCheckpoint : IDisposable
{
    private readonly ITensorSource _file;
    private readonly LatentDiffusionNames _names;
    private readonly Dictionary<string, ConfigDocument> _configs;

    private SingleFileCheckpoint(ITensorSource file, Dictionary<string, ConfigDocument> configs)
    {
        _file = file;
        _configs = configs;
        _names = LatentDiffusionNames.For(configs["unet"], configs["vae"]);
    }

    /// <summary>The file's path.</summary>
    public string Name => _file.Name;

    /// <summary>Opens a checkpoint of Stable Diffusion 1.x.</summary>
    /// <exception cref="CheckpointException">The file is damaged, pickled, or not a whole Stable Diffusion 1.x checkpoint; the message says which.</exception>
    public static SingleFileCheckpoint Open(string path) => Over(
        SafetensorsFile.Open(path),
        StableDiffusion1Configs.UNet, StableDiffusion1Configs.Vae, StableDiffusion1Configs.TextEncoder, StableDiffusion1Configs.Scheduler);

    /// <summary>Sees a source, which it owns from here on, as a checkpoint with the given <c>config.json</c> texts.</summary>
    internal static SingleFileCheckpoint Over(ITensorSource file, string unet, string vae, string textEncoder, string scheduler)
    {
        try
        {
            RequireLayout(file);
            return new SingleFileCheckpoint(file, new Dictionary<string, ConfigDocument>
            {
                ["unet"] = ConfigDocument.Parse(unet, $"{file.Name} (unet)"),
                ["vae"] = ConfigDocument.Parse(vae, $"{file.Name} (vae)"),
                ["text_encoder"] = ConfigDocument.Parse(textEncoder, $"{file.Name} (text_encoder)"),
                ["scheduler"] = ConfigDocument.Parse(scheduler, $"{file.Name} (scheduler)"),
            });
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The configuration of <c>unet</c>, <c>vae</c>, <c>text_encoder</c> or <c>scheduler</c>.</summary>
    public ConfigDocument Config(string component) => _configs[component];

    /// <summary>
    /// The tensors of <c>unet</c>, <c>vae</c> or <c>text_encoder</c> under diffusers' and transformers' names; a name of the component's part
    /// that has no counterpart stays as it is, so that loading reports it. Valid until the checkpoint is disposed.
    /// </summary>
    public ITensorSource Component(string component) => component switch
    {
        "unet" => View(LatentDiffusionNames.UNetPrefix, (name, entry) => (_names.UNet(name) ?? LatentDiffusionNames.UNetPrefix + name, entry.Shape)),
        "vae" => View(LatentDiffusionNames.VaePrefix, (name, entry) => _names.Vae(name) is { } renamed
            ? (renamed, WithoutKernel(renamed, entry.Shape))
            : name.StartsWith("loss.", StringComparison.Ordinal) ? null : (LatentDiffusionNames.VaePrefix + name, entry.Shape)),
        "text_encoder" => View(LatentDiffusionNames.TextPrefix, (name, entry) =>
            ObsoleteNames.Renew(LatentDiffusionNames.Text(name)) is { } renamed ? (renamed, entry.Shape) : null),
        _ => throw new ArgumentException($"'{component}' is not a component of a single-file checkpoint: unet, vae or text_encoder.", nameof(component)),
    };

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private static void RequireLayout(ITensorSource file)
    {
        bool Has(string prefix) => file.Entries.Keys.Any(name => name.StartsWith(prefix, StringComparison.Ordinal));

        var other = Has("conditioner.embedders.") ? "a Stable Diffusion XL checkpoint"
            : Has("cond_stage_model.model.") ? "a Stable Diffusion 2.x checkpoint in one file"
            : Has("model.diffusion_model.double_blocks.") || Has("model.diffusion_model.joint_blocks.") ? "a checkpoint of a diffusion transformer"
            : Has("lora_") ? "a LoRA, which holds differences to a checkpoint,"
            : null;
        if (other is not null)
        {
            throw new CheckpointException(
                $"{file.Name}: this is {other} and is not supported; a single file is read for Stable Diffusion 1.x only. Use a folder in the diffusers layout of Stable Diffusion 1.x or 2.x.");
        }

        string[] parts = [LatentDiffusionNames.UNetPrefix, LatentDiffusionNames.VaePrefix, LatentDiffusionNames.TextPrefix];
        var missing = parts.Where(prefix => !Has(prefix)).ToList();
        if (missing.Count > 0)
        {
            throw new CheckpointException(
                $"{file.Name}: this is not a whole Stable Diffusion 1.x checkpoint: it has no tensors that begin with {string.Join(" or ", missing)}.");
        }
    }

    // The original computes the VAE's attention with 1×1 convolutions, diffusers with linear layers: the same numbers in the same order.
    private static IReadOnlyList<long> WithoutKernel(string name, IReadOnlyList<long> shape) =>
        shape is [var output, var input, 1, 1] && name.Contains(".attentions.", StringComparison.Ordinal) ? [output, input] : shape;

    private MappedTensors View(string prefix, Func<string, TensorEntry, (string Name, IReadOnlyList<long> Shape)?> map) => new(
        _file, (name, entry) => name.StartsWith(prefix, StringComparison.Ordinal) ? map(name[prefix.Length..], entry) : null, ownsInner: false);
}
