using StableRep.Engine.Checkpoints;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StableRep.Engine.Models;

/// <summary>
/// The denoiser of Stable Diffusion 1.x and 2.x (Rombach et al. 2022, arXiv 2112.10752): a UNet over latents, shifted by the time step in every
/// residual block and attending to a text in every transformer. Tensor names are those of diffusers' checkpoints.
/// </summary>
/// <remarks>
/// What does not change from step to step is computed once: <see cref="Condition"/> for a text, <see cref="PrecomputeTimesteps"/> for a schedule.
/// The forward pass over the three plain tensors does both itself and is the one to train with.
/// <para>
/// For small models on a CPU, a training step's time lies in the transformers of the largest level, not in the convolutions, which reach the
/// speed of matrix products. At 16² latents and a batch of 32, forward and backward on one core with channels 32, 64, 96 and a layer a block:
/// transformers on all levels with 4 heads 721 ms, with heads 32 wide 526 ms, none on the largest level 313 ms, only on the smallest 248 ms. So leave
/// the largest level without (<c>DownBlock2D</c>, <c>UpBlock2D</c>) and make heads at least 32 wide.
/// </para>
/// <para>
/// Features keep the memory layout of the sample. On a CPU the plain one is best: with channels last a step of SD 1.5's size takes 1.07 times as long,
/// group norms of few channels over small pictures up to 20 times, and their results lose two to four digits (relative error 5e-4 instead of 4e-7 over
/// 512² pixels with a mean of ten deviations). One product for a layer's queries, keys and values gains nothing either.
/// </para>
/// </remarks>
public sealed class UNet2DConditionModel : nn.Module<Tensor, Tensor, Tensor, Tensor>
{
    private readonly Conv2d conv_in;
    private readonly TimestepEmbedding time_embedding;
    private readonly ModuleList<UNetDownBlock> down_blocks;
    private readonly UNetMidBlock mid_block;
    private readonly ModuleList<UNetUpBlock> up_blocks;
    private readonly GroupNorm conv_norm_out;
    private readonly Conv2d conv_out;
    private readonly ResnetBlock2D[] _timed;
    private readonly TransformerBlock[] _attending;
    private readonly UNetUpBlock[] _enlarging;

    /// <summary>Builds the model with random weights, as PyTorch initialises such layers.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="device">Where the parameters live; null for the CPU.</param>
    /// <exception cref="ArgumentException">The config contradicts itself; the message names the key.</exception>
    public UNet2DConditionModel(UNet2DConditionConfig config, Device? device = null) : base(nameof(UNet2DConditionModel))
    {
        config.Validate();
        Config = config;
        var channels = config.BlockOutChannels;
        var last = channels.Count - 1;
        var timeChannels = config.TimeEmbeddingDim ?? 4 * channels[0];
        var options = new ResnetBlock2D.Options(
            config.NormNumGroups, config.NormEps, config.Activation, timeChannels, config.ResnetTimeScaleShift, config.Dropout);

        conv_in = nn.Conv2d(config.InChannels, channels[0], config.ConvInKernel, padding: (config.ConvInKernel - 1) / 2, device: device);
        time_embedding = new TimestepEmbedding(channels[0], timeChannels, config.Activation, device);
        down_blocks = new ModuleList<UNetDownBlock>(
            [
                .. Enumerable.Range(0, channels.Count).Select(level => new UNetDownBlock(
                    channels[Math.Max(level - 1, 0)],
                    channels[level],
                    config.LayersPerBlock.At(level),
                    options,
                    config.DownBlockAttends[level] ? Transformer(level) : null,
                    level < last ? config.DownsamplePadding : null,
                    device)),
            ]);
        mid_block = new UNetMidBlock(channels[last], options with { OutputScale = config.MidBlockScaleFactor }, Transformer(last), device);
        up_blocks = new ModuleList<UNetUpBlock>(
            [
                .. Enumerable.Range(0, channels.Count).Select(i => (Position: i, Level: last - i)).Select(up => new UNetUpBlock(
                    channels[Math.Min(up.Level + 1, last)],
                    channels[Math.Max(up.Level - 1, 0)],
                    channels[up.Level],
                    config.LayersPerBlock.At(up.Level) + 1,
                    options,
                    config.UpBlockAttends[up.Position] ? Transformer(up.Level) : null,
                    up.Level > 0,
                    device)),
            ]);
        conv_norm_out = Layers.GroupNorm(config.NormNumGroups, channels[0], config.NormEps, device);
        conv_out = nn.Conv2d(channels[0], config.OutChannels, config.ConvOutKernel, padding: (config.ConvOutKernel - 1) / 2, device: device);
        RegisterComponents();

        _timed = [.. modules().OfType<ResnetBlock2D>()];
        for (var i = 0; i < _timed.Length; i++)
        {
            _timed[i].TimeIndex = i;
        }

        _attending = [.. modules().OfType<TransformerBlock>()];
        for (var i = 0; i < _attending.Length; i++)
        {
            _attending[i].TextIndex = i;
        }

        _enlarging = [.. up_blocks.Where(block => block.Upsampler is not null)];
        for (var i = 0; i < _enlarging.Length; i++)
        {
            _enlarging[i].UpsampleIndex = i;
        }

        TransformerOptions Transformer(int level) => new(
            config.AttentionHeads.At(level),
            config.TransformerLayersPerBlock.At(level),
            config.CrossAttentionDim.At(level),
            config.NormNumGroups,
            config.UseLinearProjection);
    }

    /// <summary>The architecture.</summary>
    public UNet2DConditionConfig Config { get; }

    /// <summary>Reads a component's folder in the diffusers layout: <c>config.json</c> and weights.</summary>
    /// <param name="folder">The folder, such as <c>unet</c> of a checkpoint.</param>
    /// <param name="variant">The weights' variant, such as <c>fp16</c>; null for those without.</param>
    /// <param name="device">Where the parameters go, in fp32; null for the CPU.</param>
    /// <exception cref="CheckpointException">The config or the weights do not fit this model; the message names file and key or tensors.</exception>
    public static UNet2DConditionModel Load(string folder, string? variant = null, Device? device = null)
    {
        var config = UNet2DConditionConfig.Read(ConfigDocument.Load(Path.Combine(folder, "config.json")));
        return Layers.Load(() => new UNet2DConditionModel(config, META), folder, variant, device);
    }

    /// <summary>
    /// Zeroes the last layer of every residual branch and of the model, so that training starts from the identity and a zero prediction
    /// (Dhariwal and Nichol 2021, arXiv 2105.05233). For a model that is trained from the start.
    /// </summary>
    public void ZeroResidualBranches()
    {
        foreach (var block in modules().OfType<ResnetBlock2D>())
        {
            block.ZeroBranch();
        }

        foreach (var transformer in modules().OfType<Transformer2D>())
        {
            transformer.ZeroBranch();
        }

        Layers.Zero(conv_out);
    }

    /// <summary>Projects texts to the keys and values of every attention layer, once for all steps.</summary>
    /// <param name="encoderHiddenStates">The text encoder's output <c>[R, L, cross_attention_dim]</c>, for R texts.</param>
    public TextCondition Condition(Tensor encoderHiddenStates)
    {
        using var text = encoderHiddenStates.to(conv_in.weight.dtype);
        return new TextCondition([.. _attending.Select(block => block.ProjectText(text))], encoderHiddenStates.shape[0]);
    }

    /// <summary>Projects the time steps of a schedule for every residual block, once for all pictures, and prepares what else all steps share.</summary>
    /// <param name="timesteps">The schedule's time steps <c>[T]</c>, of any number type.</param>
    public TimeConditions PrecomputeTimesteps(Tensor timesteps)
        => new(ProjectTime(timesteps), [.. _enlarging.Select(block => block.Upsampler!.FoldWeights())], (int)timesteps.shape[0]);

    /// <summary>The condition of one time step a picture <c>[B]</c>, or of one for all <c>[1]</c> or <c>[]</c>.</summary>
    /// <param name="timestep">The time steps, of any number type.</param>
    public TimeCondition AtTimestep(Tensor timestep) => new(ProjectTime(timestep));

    /// <summary>Predicts noise, or velocity, as the checkpoint was trained to.</summary>
    /// <param name="sample">Noisy latents <c>[B, in_channels, H, W]</c> of any size.</param>
    /// <param name="timestep">Time steps <c>[B]</c>, or one for all <c>[1]</c> or <c>[]</c>.</param>
    /// <param name="encoderHiddenStates">The text encoder's output <c>[R, L, cross_attention_dim]</c>, where B is a multiple of R.</param>
    /// <returns><c>[B, out_channels, H, W]</c></returns>
    public override Tensor forward(Tensor sample, Tensor timestep, Tensor encoderHiddenStates)
    {
        using var scope = NewDisposeScope();
        return forward(sample, AtTimestep(timestep), Condition(encoderHiddenStates)).MoveToOuterDisposeScope();
    }

    /// <summary>Predicts noise, or velocity, from conditions that were computed before.</summary>
    /// <param name="sample">Noisy latents <c>[B, in_channels, H, W]</c> of any size.</param>
    /// <param name="time">The time step, from <see cref="PrecomputeTimesteps"/> or <see cref="AtTimestep"/>.</param>
    /// <param name="text">R texts, from <see cref="Condition"/>; text r serves the B / R pictures from r · B / R on.</param>
    /// <returns><c>[B, out_channels, H, W]</c></returns>
    /// <exception cref="ArgumentException">The sample has other channels, or its batch is not a multiple of the number of texts.</exception>
    public Tensor forward(Tensor sample, TimeCondition time, TextCondition text)
    {
        if (sample.dim() != 4 || sample.shape[1] != Config.InChannels)
        {
            throw new ArgumentException($"The UNet takes [B, {Config.InChannels}, H, W], not [{string.Join(", ", sample.shape)}].", nameof(sample));
        }

        if (sample.shape[0] % text.Rows != 0)
        {
            throw new ArgumentException($"{sample.shape[0]} pictures cannot share {text.Rows} texts evenly: select a text for each picture.", nameof(text));
        }

        using var scope = NewDisposeScope();
        var x = sample.to(conv_in.weight.dtype);
        x = conv_in.call(Config.CenterInputSample ? (2 * x) - 1 : x);      // [B, C0, H, W]
        var skips = new Stack<Tensor>();
        skips.Push(x);
        foreach (var block in down_blocks)
        {
            x = block.Forward(x, time, text, skips);                        // [B, Ci, H / 2^(i+1), W / 2^(i+1)]
        }

        x = mid_block.Forward(x, time, text);
        foreach (var block in up_blocks)
        {
            x = block.Forward(x, time, text, skips);
        }

        x = Config.Activation.OfFresh(conv_norm_out.call(x));
        return conv_out.call(x).contiguous().MoveToOuterDisposeScope();     // [B, out_channels, H, W]
    }

    private Tensor[] ProjectTime(Tensor timesteps)
    {
        using var scope = NewDisposeScope();
        var sinusoids = TimestepEmbedding.Sinusoids(
            timesteps.reshape(-1).to(conv_in.weight.device), Config.BlockOutChannels[0], Config.FlipSinToCos, Config.FreqShift);
        var embedding = time_embedding.call(sinusoids.to(conv_in.weight.dtype));    // [T, E]
        var activated = Config.Activation.Of(embedding);
        return [.. _timed.Select(block => block.ProjectTime(activated).MoveToOuterDisposeScope())];
    }
}
