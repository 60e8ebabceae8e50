using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StableRep.Engine.Models;

/// <summary>The transformer of a UNet block: how many heads and layers, which text.</summary>
internal sealed record TransformerOptions(int Heads, int Layers, int TextWidth, int Groups, bool LinearProjection)
{
    public ModuleList<Transformer2D> Stack(int count, int channels, Device? device) => new(
        [.. Enumerable.Range(0, count).Select(_ => new Transformer2D(channels, Heads, Layers, TextWidth, Groups, LinearProjection, device))]);
}

/// <summary>A level of the way down, with a transformer after each residual block (<c>CrossAttnDownBlock2D</c>) or without (<c>DownBlock2D</c>).</summary>
internal sealed class UNetDownBlock : nn.Module
{
    private readonly ModuleList<ResnetBlock2D> resnets;
    private readonly ModuleList<Transformer2D>? attentions;
    private readonly ModuleList<Downsample2D>? downsamplers;

    public UNetDownBlock(
        int inChannels, int channels, int layers, ResnetBlock2D.Options options, TransformerOptions? transformer, int? downsamplePadding, Device? device)
        : base(nameof(UNetDownBlock))
    {
        resnets = new ModuleList<ResnetBlock2D>(
            [.. Enumerable.Range(0, layers).Select(i => new ResnetBlock2D(i == 0 ? inChannels : channels, channels, options, device))]);
        attentions = transformer?.Stack(layers, channels, device);
        downsamplers = downsamplePadding is { } padding ? new ModuleList<Downsample2D>(new Downsample2D(channels, padding, device)) : null;
        RegisterComponents();
    }

    /// <summary><c>[B, Cin, H, W]</c> → <c>[B, C, H/2, W/2]</c> (the same size on the last level); every feature map that the way up needs goes onto the stack.</summary>
    public Tensor Forward(Tensor x, TimeCondition time, TextCondition text, Stack<Tensor> skips)
    {
        for (var i = 0; i < resnets.Count; i++)
        {
            x = resnets[i].call(x, time[resnets[i].TimeIndex]);
            if (attentions is not null)
            {
                using var input = x;
                x = attentions[i].Forward(input, text);
            }

            skips.Push(x);
        }

        if (downsamplers is not null)
        {
            x = downsamplers[0].call(x);
            skips.Push(x);
        }

        return x;
    }
}

/// <summary>The lowest level (<c>UNetMidBlock2DCrossAttn</c>): a residual block, a transformer, a residual block.</summary>
internal sealed class UNetMidBlock : nn.Module
{
    private readonly ModuleList<Transformer2D> attentions;
    private readonly ModuleList<ResnetBlock2D> resnets;

    public UNetMidBlock(int channels, ResnetBlock2D.Options options, TransformerOptions transformer, Device? device) : base(nameof(UNetMidBlock))
    {
        attentions = transformer.Stack(1, channels, device);
        resnets = new ModuleList<ResnetBlock2D>(
            new ResnetBlock2D(channels, channels, options, device), new ResnetBlock2D(channels, channels, options, device));
        RegisterComponents();
    }

    /// <summary><c>[B, C, H, W]</c> → <c>[B, C, H, W]</c>.</summary>
    public Tensor Forward(Tensor x, TimeCondition time, TextCondition text)
    {
        using var first = resnets[0].call(x, time[resnets[0].TimeIndex]);
        using var attended = attentions[0].Forward(first, text);
        return resnets[1].call(attended, time[resnets[1].TimeIndex]);
    }
}

/// <summary>A level of the way up, with a transformer after each residual block (<c>CrossAttnUpBlock2D</c>) or without (<c>UpBlock2D</c>).</summary>
internal sealed class UNetUpBlock : nn.Module
{
    private readonly ModuleList<ResnetBlock2D> resnets;
    private readonly ModuleList<Transformer2D>? attentions;
    private readonly ModuleList<Upsample2D>? upsamplers;

    /// <param name="inChannels">Channels from the level below.</param>
    /// <param name="skipChannels">Channels of the last feature map taken from the way down; the others have as many as this level.</param>
    /// <param name="channels">Channels of this level.</param>
    /// <param name="layers">Residual blocks, each of which takes one feature map.</param>
    /// <param name="options">What all residual blocks share.</param>
    /// <param name="transformer">The transformers, or null without.</param>
    /// <param name="upsample">Whether the result is enlarged.</param>
    /// <param name="device">Where the parameters live.</param>
    public UNetUpBlock(
        int inChannels, int skipChannels, int channels, int layers, ResnetBlock2D.Options options, TransformerOptions? transformer, bool upsample, Device? device)
        : base(nameof(UNetUpBlock))
    {
        resnets = new ModuleList<ResnetBlock2D>(
            [
                .. Enumerable.Range(0, layers).Select(i => new ResnetBlock2D(
                    (i == 0 ? inChannels : channels) + (i == layers - 1 ? skipChannels : channels), channels, options, device)),
            ]);
        attentions = transformer?.Stack(layers, channels, device);
        upsamplers = upsample ? new ModuleList<Upsample2D>(new Upsample2D(channels, device)) : null;
        RegisterComponents();
    }

    /// <summary>The block's number among those of its model that enlarge, and so its entry in a <see cref="TimeCondition"/>.</summary>
    public int UpsampleIndex { get; set; } = -1;

    /// <summary>The enlarging layer, but on the largest level.</summary>
    public Upsample2D? Upsampler => upsamplers?[0];

    /// <summary><c>[B, Cin, H, W]</c> → <c>[B, C, 2H, 2W]</c>, or the size of the next feature map on the stack where the way down had an odd one.</summary>
    public Tensor Forward(Tensor x, TimeCondition time, TextCondition text, Stack<Tensor> skips)
    {
        for (var i = 0; i < resnets.Count; i++)
        {
            using var below = x;
            using var skip = skips.Pop();
            using var joined = cat([below, skip], 1);                           // [B, Cin + Cskip, H, W]
            x = resnets[i].call(joined, time[resnets[i].TimeIndex]);
            if (attentions is not null)
            {
                using var input = x;
                x = attentions[i].Forward(input, text);
            }
        }

        if (upsamplers is null)
        {
            return x;
        }

        using var small = x;
        var next = skips.Peek();
        return upsamplers[0].Forward(small, next.shape[2], next.shape[3], time.FoldedWeights(UpsampleIndex));
    }
}
