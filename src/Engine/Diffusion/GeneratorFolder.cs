using StableRep.Engine.Checkpoints;
using StableRep.Engine.Models;
using StableRep.Engine.Runtime;
using StableRep.Engine.Text;
using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion;

/// <summary>A generator: the components of a Stable Diffusion 1.x or 2.x checkpoint on a device, ready to generate.</summary>
public sealed class GeneratorFolder : IDisposable
{
    private readonly Lazy<string>? _hash;

    /// <summary>Puts a generator together from its components, which it owns from here on.</summary>
    /// <param name="tokenizer">Its length and vocabulary must fit the text encoder.</param>
    /// <param name="textEncoder">Its width must be that which the UNet attends to.</param>
    /// <param name="unet">The denoiser.</param>
    /// <param name="autoencoder">Its latents' channels must be the UNet's.</param>
    /// <param name="schedulerConfig">The scheduler's config.</param>
    /// <param name="device">Where the modules are.</param>
    /// <exception cref="CheckpointException">The components do not fit each other.</exception>
    public GeneratorFolder(
        ClipTokenizer tokenizer, ClipTextModel textEncoder, UNet2DConditionModel unet, AutoencoderKL autoencoder, ConfigDocument schedulerConfig,
        ComputeDevice device)
        : this(tokenizer, textEncoder, unet, autoencoder, schedulerConfig, device, hash: null)
    {
    }

    private GeneratorFolder(
        ClipTokenizer tokenizer, ClipTextModel textEncoder, UNet2DConditionModel unet, AutoencoderKL autoencoder, ConfigDocument schedulerConfig,
        ComputeDevice device, Func<string>? hash)
    {
        (Tokenizer, TextEncoder, UNet, Autoencoder, SchedulerConfig, Device) = (tokenizer, textEncoder, unet, autoencoder, schedulerConfig, device);
        CheckFit();
        foreach (var module in Modules())
        {
            module.eval();
        }

        _hash = hash is null ? null : new(hash);
    }

    /// <summary>Captions to token ids.</summary>
    public ClipTokenizer Tokenizer { get; }

    /// <summary>Token ids to what the UNet attends to.</summary>
    public ClipTextModel TextEncoder { get; }

    /// <summary>The denoiser.</summary>
    public UNet2DConditionModel UNet { get; }

    /// <summary>Latents to images and back.</summary>
    public AutoencoderKL Autoencoder { get; }

    /// <summary>The scheduler's config, from which <see cref="SchedulerFactory"/> makes any sampler.</summary>
    public ConfigDocument SchedulerConfig { get; }

    /// <summary>Where the modules are.</summary>
    public ComputeDevice Device { get; }

    /// <summary>Width and height in pixels of the images that the generator was trained on.</summary>
    public int ImageSize => (UNet.Config.SampleSize * Autoencoder.Config.Downscale) ?? Autoencoder.Config.SampleSize;

    /// <summary>
    /// What the generator is known by: the SHA-256 of its files' contents, see <see cref="GeneratorHash"/>. Read at the first use, then kept.
    /// </summary>
    /// <exception cref="InvalidOperationException">The generator was put together in memory and has no files.</exception>
    public string Hash => _hash?.Value ?? throw new InvalidOperationException("Only a generator that was loaded from files has a hash.");

    /// <summary>Loads a folder in the diffusers layout.</summary>
    /// <param name="folder">The folder that holds <c>model_index.json</c>.</param>
    /// <param name="device">Where to compute. On a GPU the weights are kept in the device's precision.</param>
    /// <param name="variant">The variant of the weights' files, such as <c>fp16</c>, or null.</param>
    /// <exception cref="CheckpointException">A file is missing, damaged, of an unsupported kind, or does not fit; the message names it.</exception>
    public static GeneratorFolder Load(string folder, ComputeDevice device, string? variant = null)
    {
        TorchRuntime.Load();
        using var files = GeneratorFiles.InFolder(folder, variant);
        return Assemble(files, device, () => GeneratorHash.OfFolder(folder, variant));
    }

    /// <summary>Loads a Stable Diffusion 1.x checkpoint in one file.</summary>
    /// <param name="file">The <c>.safetensors</c> file.</param>
    /// <param name="tokenizerFolder">CLIP's tokenizer, which such a file does not hold.</param>
    /// <param name="device">Where to compute.</param>
    /// <exception cref="CheckpointException">The file is not such a checkpoint, or the tokenizer is missing.</exception>
    public static GeneratorFolder LoadSingleFile(string file, string tokenizerFolder, ComputeDevice device)
    {
        TorchRuntime.Load();
        using var files = GeneratorFiles.InOne(file, tokenizerFolder);
        return Assemble(files, device, () => GeneratorHash.OfSingleFile(file, tokenizerFolder));
    }

    /// <summary>Frees the networks.</summary>
    public void Dispose()
    {
        foreach (var module in Modules())
        {
            module.Dispose();
        }
    }

    private static GeneratorFolder Assemble(GeneratorFiles files, ComputeDevice device, Func<string> hash)
    {
        var tokenizer = ClipTokenizer.Load(files.TokenizerFolder);
        var type = device.Precision switch
        {
            Precision.Bf16 => bfloat16,
            Precision.Fp16 => float16,
            _ => float32,
        };
        var modules = new List<nn.Module>();
        try
        {
            var (text, unet, autoencoder) = (
                ClipTextConfig.Read(files.Config("text_encoder")), UNet2DConditionConfig.Read(files.Config("unet")), AutoencoderKLConfig.Read(files.Config("vae")));
            return new(
                tokenizer,
                Load("text_encoder", () => new ClipTextModel(text, device: META)),
                Load("unet", () => new UNet2DConditionModel(unet, META)),
                Load("vae", () => new AutoencoderKL(autoencoder, META)),
                files.Config("scheduler"),
                device,
                hash);
        }
        catch
        {
            modules.ForEach(module => module.Dispose());
            throw;
        }

        T Load<T>(string component, Func<T> create)
            where T : nn.Module
        {
            using var weights = files.Weights(component);
            var module = Layers.Load(create, weights, device.Torch, type);
            modules.Add(module);
            return module;
        }
    }

    private nn.Module[] Modules() => [TextEncoder, UNet, Autoencoder];

    private void CheckFit()
    {
        if (Tokenizer.VocabularySize > TextEncoder.Config.VocabularySize || Tokenizer.MaxLength > TextEncoder.Config.MaxLength)
        {
            throw new CheckpointException(
                $"The tokenizer has {Tokenizer.VocabularySize} tokens and texts of {Tokenizer.MaxLength}; the text encoder takes " +
                $"{TextEncoder.Config.VocabularySize} (vocab_size) and {TextEncoder.Config.MaxLength} (max_position_embeddings).");
        }

        if (UNet.Config.CrossAttentionDim.Any(width => width != TextEncoder.Config.Width))
        {
            throw new CheckpointException(
                $"The UNet attends to texts of width {string.Join(", ", UNet.Config.CrossAttentionDim)} (cross_attention_dim); the text encoder's " +
                $"are {TextEncoder.Config.Width} wide (hidden_size).");
        }

        if (UNet.Config.InChannels != Autoencoder.Config.LatentChannels || UNet.Config.OutChannels != UNet.Config.InChannels)
        {
            throw new CheckpointException(
                $"The UNet has {UNet.Config.InChannels} channels in and {UNet.Config.OutChannels} out (in_channels, out_channels); " +
                $"the autoencoder's latents have {Autoencoder.Config.LatentChannels} (latent_channels): generators of other kinds are not supported.");
        }
    }
}
