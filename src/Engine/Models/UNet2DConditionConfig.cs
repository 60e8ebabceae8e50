using System.Text.Json.Nodes;
using StableRep.Engine.Checkpoints;

namespace StableRep.Engine.Models;

/// <summary>
/// The architecture of a <see cref="UNet2DConditionModel"/>, as <c>unet/config.json</c> of a diffusers folder says it. The defaults are diffusers'.
/// A list with one entry holds for every level; the levels go from the largest feature map to the smallest.
/// </summary>
public sealed record UNet2DConditionConfig
{
    private const string AttendingDown = "CrossAttnDownBlock2D";
    private const string PlainDown = "DownBlock2D";
    private const string AttendingUp = "CrossAttnUpBlock2D";
    private const string PlainUp = "UpBlock2D";

    /// <summary>Height and width of the latents that the checkpoint was trained on (<c>sample_size</c>); null where the config does not say. The model takes any size.</summary>
    public int? SampleSize { get; init; }

    /// <summary>Channels of the latents, in.</summary>
    public int InChannels { get; init; } = 4;

    /// <summary>Channels of the prediction.</summary>
    public int OutChannels { get; init; } = 4;

    /// <summary>Whether the sample is taken from [0, 1] to [-1, 1] first.</summary>
    public bool CenterInputSample { get; init; }

    /// <summary>Whether cosines come before sines in the time embedding.</summary>
    public bool FlipSinToCos { get; init; } = true;

    /// <summary>Shift in the frequencies' spacing of the time embedding.</summary>
    public double FreqShift { get; init; }

    /// <summary>Which levels have transformers on the way down (<c>CrossAttnDownBlock2D</c> instead of <c>DownBlock2D</c>).</summary>
    public IReadOnlyList<bool> DownBlockAttends { get; init; } = [true, true, true, false];

    /// <summary>Which levels have transformers on the way up, from the smallest level to the largest (<c>CrossAttnUpBlock2D</c> instead of <c>UpBlock2D</c>).</summary>
    public IReadOnlyList<bool> UpBlockAttends { get; init; } = [false, true, true, true];

    /// <summary>Channels of each level.</summary>
    public IReadOnlyList<int> BlockOutChannels { get; init; } = [320, 640, 1280, 1280];

    /// <summary>Residual blocks of each level on the way down; one more on the way up.</summary>
    public IReadOnlyList<int> LayersPerBlock { get; init; } = [2];

    /// <summary>1 for zeros on all sides of a downsampling convolution's input, 0 for zeros only after it.</summary>
    public int DownsamplePadding { get; init; } = 1;

    /// <summary>The sums of the lowest level's residual blocks are divided by it.</summary>
    public double MidBlockScaleFactor { get; init; } = 1;

    /// <summary>Probability of dropping a feature of a residual block in training.</summary>
    public double Dropout { get; init; }

    /// <summary>The nonlinearity.</summary>
    public Activation Activation { get; init; } = Activation.Silu;

    /// <summary>Groups of each normalisation.</summary>
    public int NormNumGroups { get; init; } = 32;

    /// <summary>Epsilon of the residual blocks' normalisations.</summary>
    public double NormEps { get; init; } = 1e-5;

    /// <summary>Width of the text encoder's output, for each level.</summary>
    public IReadOnlyList<int> CrossAttentionDim { get; init; } = [1280];

    /// <summary>Transformer blocks in each transformer, for each level.</summary>
    public IReadOnlyList<int> TransformerLayersPerBlock { get; init; } = [1];

    /// <summary>
    /// The number of attention heads of each level. Config files call it <c>attention_head_dim</c>: a misnomer that diffusers keeps for the sake of
    /// the checkpoints that have it.
    /// </summary>
    public IReadOnlyList<int> AttentionHeads { get; init; } = [8];

    /// <summary>Whether a transformer's outer projections are linear layers (SD 2.x) instead of 1×1 convolutions (SD 1.x).</summary>
    public bool UseLinearProjection { get; init; }

    /// <summary>Whether time scales and shifts the features (<c>scale_shift</c>) instead of only shifting them (<c>default</c>).</summary>
    public bool ResnetTimeScaleShift { get; init; }

    /// <summary>Width of the time embedding; null for four times the first level's channels.</summary>
    public int? TimeEmbeddingDim { get; init; }

    /// <summary>Kernel size of the first convolution.</summary>
    public int ConvInKernel { get; init; } = 3;

    /// <summary>Kernel size of the last convolution.</summary>
    public int ConvOutKernel { get; init; } = 3;

    /// <summary>Reads a config file; every key it holds is understood, or harmless, or an error.</summary>
    /// <param name="config">The file.</param>
    /// <exception cref="CheckpointException">A key is missing, unknown or has a value that this model has no code for; the message names file and key.</exception>
    public static UNet2DConditionConfig Read(ConfigDocument config)
    {
        config.Expect("_class_name", "UNet2DConditionModel");
        config.Expect("mid_block_type", "UNetMidBlock2DCrossAttn");
        config.Expect("only_cross_attention", false);
        config.Expect("mid_block_only_cross_attention", false, null);
        config.Expect("dual_cross_attention", false);
        config.Expect("attention_type", "default");
        config.Expect("cross_attention_norm", [null]);
        config.Expect("num_attention_heads", [null]);
        config.Expect("reverse_transformer_layers_per_block", [null]);
        config.Expect("encoder_hid_dim", [null]);
        config.Expect("encoder_hid_dim_type", [null]);
        config.Expect("class_embed_type", [null]);
        config.Expect("num_class_embeds", [null]);
        config.Expect("class_embeddings_concat", false);
        config.Expect("projection_class_embeddings_input_dim", [null]);
        config.Expect("addition_embed_type", [null]);
        config.Expect("addition_time_embed_dim", [null]);
        config.Expect("time_embedding_type", "positional");
        config.Expect("time_embedding_act_fn", [null]);
        config.Expect("timestep_post_act", [null]);
        config.Expect("time_cond_proj_dim", [null]);
        config.Expect("resnet_out_scale_factor", 1.0);
        config.Expect("resnet_time_scale_shift", "default", "scale_shift");
        config.Expect("act_fn", [.. Activations.Names]);
        config.Expect("downsample_padding", 0, 1);

        var defaults = new UNet2DConditionConfig();
        var result = new UNet2DConditionConfig
        {
            SampleSize = config.Has("sample_size") ? LevelList.Read(config, "sample_size", [])[0] : null,
            InChannels = config.Int32("in_channels", defaults.InChannels),
            OutChannels = config.Int32("out_channels", defaults.OutChannels),
            CenterInputSample = config.Boolean("center_input_sample", defaults.CenterInputSample),
            FlipSinToCos = config.Boolean("flip_sin_to_cos", defaults.FlipSinToCos),
            FreqShift = config.Double("freq_shift", defaults.FreqShift),
            DownBlockAttends = Attends("down_block_types", AttendingDown, PlainDown, defaults.DownBlockAttends),
            UpBlockAttends = Attends("up_block_types", AttendingUp, PlainUp, defaults.UpBlockAttends),
            BlockOutChannels = config.Int32List("block_out_channels", defaults.BlockOutChannels),
            LayersPerBlock = LevelList.Read(config, "layers_per_block", defaults.LayersPerBlock),
            DownsamplePadding = config.Int32("downsample_padding", defaults.DownsamplePadding),
            MidBlockScaleFactor = config.Double("mid_block_scale_factor", defaults.MidBlockScaleFactor),
            Dropout = config.Double("dropout", defaults.Dropout),
            Activation = Activations.Parse(config.String("act_fn", "silu")),
            NormNumGroups = config.Int32("norm_num_groups", defaults.NormNumGroups),
            NormEps = config.Double("norm_eps", defaults.NormEps),
            CrossAttentionDim = LevelList.Read(config, "cross_attention_dim", defaults.CrossAttentionDim),
            TransformerLayersPerBlock = LevelList.Read(config, "transformer_layers_per_block", defaults.TransformerLayersPerBlock),
            AttentionHeads = LevelList.Read(config, "attention_head_dim", defaults.AttentionHeads),
            UseLinearProjection = config.Boolean("use_linear_projection", defaults.UseLinearProjection),
            ResnetTimeScaleShift = config.String("resnet_time_scale_shift", "default") == "scale_shift",
            TimeEmbeddingDim = config.Has("time_embedding_dim") ? config.Int32("time_embedding_dim") : null,
            ConvInKernel = config.Int32("conv_in_kernel", defaults.ConvInKernel),
            ConvOutKernel = config.Int32("conv_out_kernel", defaults.ConvOutKernel),
        };

        // Heads of a kind of embedding that is refused above; attention is computed with fp32 sums whether the config asks for it or not; and what
        // diffusers' moving average of weights leaves in the config of a model that was trained with it.
        config.RejectUnread(
            "addition_embed_type_num_heads",
            "upcast_attention",
            "decay", "inv_gamma", "min_decay", "optimization_step", "power", "update_after_step", "use_ema_warmup");
        try
        {
            result.Validate();
        }
        catch (ArgumentException exception)
        {
            throw new CheckpointException($"{config.Name}: {exception.Message}", exception);
        }

        return result;

        IReadOnlyList<bool> Attends(string key, string attending, string plain, IReadOnlyList<bool> fallback)
        {
            if (!config.Has(key))
            {
                return fallback;
            }

            var types = config.StringList(key);
            return types.FirstOrDefault(type => type != attending && type != plain) is { } other
                ? throw new CheckpointException($"{config.Name}: {key} has '{other}'; this UNet has {attending} and {plain}.")
                : [.. types.Select(type => type == attending)];
        }
    }

    /// <summary>The config as <c>unet/config.json</c> of a diffusers folder holds it.</summary>
    public JsonObject ToJson() => new()
    {
        ["_class_name"] = "UNet2DConditionModel",
        ["act_fn"] = Activation.ToString().ToLowerInvariant(),
        ["attention_head_dim"] = AttentionHeads.ToJson(),
        ["block_out_channels"] = new JsonArray([.. BlockOutChannels.Select(channels => JsonValue.Create(channels))]),
        ["center_input_sample"] = CenterInputSample,
        ["conv_in_kernel"] = ConvInKernel,
        ["conv_out_kernel"] = ConvOutKernel,
        ["cross_attention_dim"] = CrossAttentionDim.ToJson(),
        ["down_block_types"] = new JsonArray([.. DownBlockAttends.Select(attends => JsonValue.Create(attends ? AttendingDown : PlainDown))]),
        ["downsample_padding"] = DownsamplePadding,
        ["dropout"] = Dropout,
        ["flip_sin_to_cos"] = FlipSinToCos,
        ["freq_shift"] = FreqShift,
        ["in_channels"] = InChannels,
        ["layers_per_block"] = LayersPerBlock.ToJson(),
        ["mid_block_scale_factor"] = MidBlockScaleFactor,
        ["mid_block_type"] = "UNetMidBlock2DCrossAttn",
        ["norm_eps"] = NormEps,
        ["norm_num_groups"] = NormNumGroups,
        ["out_channels"] = OutChannels,
        ["resnet_time_scale_shift"] = ResnetTimeScaleShift ? "scale_shift" : "default",
        ["sample_size"] = SampleSize,
        ["time_embedding_dim"] = TimeEmbeddingDim,
        ["transformer_layers_per_block"] = TransformerLayersPerBlock.ToJson(),
        ["up_block_types"] = new JsonArray([.. UpBlockAttends.Select(attends => JsonValue.Create(attends ? AttendingUp : PlainUp))]),
        ["use_linear_projection"] = UseLinearProjection,
    };

    /// <summary>Checks that the levels agree with each other.</summary>
    /// <exception cref="ArgumentException">They do not; the message names the key of the config file.</exception>
    public void Validate()
    {
        var levels = BlockOutChannels.Count;
        if (levels == 0 || DownBlockAttends.Count != levels || UpBlockAttends.Count != levels)
        {
            throw new ArgumentException(
                $"block_out_channels has {levels} levels, down_block_types {DownBlockAttends.Count} and up_block_types {UpBlockAttends.Count}: they must agree.");
        }

        foreach (var (key, list) in new[]
        {
            ("layers_per_block", LayersPerBlock), ("attention_head_dim", AttentionHeads),
            ("cross_attention_dim", CrossAttentionDim), ("transformer_layers_per_block", TransformerLayersPerBlock),
        })
        {
            if (list.Count != 1 && list.Count != levels)
            {
                throw new ArgumentException($"{key} has {list.Count} entries for {levels} levels: give one, or one a level.");
            }

            LevelList.RequirePositive(key, list);
        }

        LevelList.RequirePositive("block_out_channels", BlockOutChannels);
        LevelList.RequirePositive("in_channels", [InChannels]);
        LevelList.RequirePositive("out_channels", [OutChannels]);
        LevelList.RequireGroups(BlockOutChannels, NormNumGroups);
        for (var level = 0; level < levels; level++)
        {
            if (AttentionHeads.At(level) > BlockOutChannels[level])
            {
                throw new ArgumentException(
                    $"attention_head_dim gives {AttentionHeads.At(level)} heads to the {BlockOutChannels[level]} channels of level {level}: a head needs a channel.");
            }
        }
    }
}
