using StableRep.Engine.Checkpoints;

namespace StableRep.Engine.Diffusion;

/// <summary>Where a generator's components are: in a folder each, or all but the tokenizer in one file.</summary>
internal sealed class GeneratorFiles : IDisposable
{
    private readonly Func<string, ConfigDocument> _config;
    private readonly Func<string, ITensorSource> _weights;
    private readonly IDisposable? _opened;

    private GeneratorFiles(Func<string, ConfigDocument> config, Func<string, ITensorSource> weights, string tokenizerFolder, IDisposable? opened) =>
        (_config, _weights, TokenizerFolder, _opened) = (config, weights, tokenizerFolder, opened);

    public string TokenizerFolder { get; }

    /// <summary>A folder in the diffusers layout.</summary>
    public static GeneratorFiles InFolder(string folder, string? variant)
    {
        var index = ModelIndex.Load(folder);
        return new(
            component => ConfigDocument.Load(Path.Combine(Folder(component), component == "scheduler" ? "scheduler_config.json" : "config.json")),
            component => TensorSources.OpenComponent(Folder(component), variant),
            Folder("tokenizer"),
            opened: null);

        string Folder(string component) => component switch
        {
            "tokenizer" => index.Component(component, "CLIPTokenizer", "CLIPTokenizerFast"),
            "text_encoder" => index.Component(component, "CLIPTextModel"),
            "unet" => index.Component(component, "UNet2DConditionModel"),
            "vae" => index.Component(component, "AutoencoderKL"),
            _ => index.Component(component),
        };
    }

    /// <summary>A Stable Diffusion 1.x checkpoint in one file.</summary>
    public static GeneratorFiles InOne(string file, string tokenizerFolder)
    {
        var checkpoint = SingleFileCheckpoint.Open(file);
        return new(checkpoint.Config, checkpoint.Component, tokenizerFolder, checkpoint);
    }

    /// <summary>The config of <c>text_encoder</c>, <c>unet</c>, <c>vae</c> or <c>scheduler</c>.</summary>
    public ConfigDocument Config(string component) => _config(component);

    /// <summary>The weights of <c>text_encoder</c>, <c>unet</c> or <c>vae</c>.</summary>
    public ITensorSource Weights(string component) => _weights(component);

    public void Dispose() => _opened?.Dispose();
}
