using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StableRep.Engine.Models;

/// <summary>A level of the encoder (<c>DownEncoderBlock2D</c>).</summary>
internal sealed class EncoderBlock : nn.Module<Tensor, Tensor>
{
    private readonly ModuleList<ResnetBlock2D> resnets;
    private readonly ModuleList<Downsample2D>? downsamplers;

    public EncoderBlock(int inChannels, int channels, int layers, ResnetBlock2D.Options options, bool downsample, Device? device)
        : base(nameof(EncoderBlock))
    {
        resnets = new ModuleList<ResnetBlock2D>(
            [.. Enumerable.Range(0, layers).Select(i => new ResnetBlock2D(i == 0 ? inChannels : channels, channels, options, device))]);
        downsamplers = downsample ? new ModuleList<Downsample2D>(new Downsample2D(channels, padding: 0, device)) : null;
        RegisterComponents();
    }

    /// <summary><c>[B, Cin, H, W]</c> → <c>[B, C, H/2, W/2]</c>, or the same size on the last level.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        foreach (var resnet in resnets)
        {
            x = resnet.call(x, null);
        }

        return (downsamplers is null ? x : downsamplers[0].call(x)).MoveToOuterDisposeScope();
    }
}

/// <summary>A level of the decoder (<c>UpDecoderBlock2D</c>).</summary>
internal sealed class DecoderBlock : nn.Module<Tensor, Tensor>
{
    private readonly ModuleList<ResnetBlock2D> resnets;
    private readonly ModuleList<Upsample2D>? upsamplers;

    public DecoderBlock(int inChannels, int channels, int layers, ResnetBlock2D.Options options, bool upsample, Device? device)
        : base(nameof(DecoderBlock))
    {
        resnets = new ModuleList<ResnetBlock2D>(
            [.. Enumerable.Range(0, layers).Select(i => new ResnetBlock2D(i == 0 ? inChannels : channels, channels, options, device))]);
        upsamplers = upsample ? new ModuleList<Upsample2D>(new Upsample2D(channels, device)) : null;
        RegisterComponents();
    }

    /// <summary><c>[B, Cin, H, W]</c> → <c>[B, C, 2H, 2W]</c>, or the same size on the last level.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = resnets[0].call(x, null);
        foreach (var resnet in resnets.Skip(1))
        {
            using var input = x;
            x = resnet.call(input, null);
        }

        return (upsamplers is null ? x : upsamplers[0].call(x, 2 * x.shape[2], 2 * x.shape[3])).MoveToOuterDisposeScope();
    }
}

/// <summary>The lowest level: a residual block, attention of every pixel to every other with one head, a residual block.</summary>
internal sealed class AutoencoderMidBlock : nn.Module<Tensor, Tensor>
{
    private readonly ModuleList<Attention>? attentions;
    private readonly ModuleList<ResnetBlock2D> resnets;

    public AutoencoderMidBlock(int channels, ResnetBlock2D.Options options, bool attention, Device? device) : base(nameof(AutoencoderMidBlock))
    {
        attentions = attention
            ? new ModuleList<Attention>(new Attention(
                channels, heads: 1, channels, textWidth: null, bias: true, Layers.GroupNorm(options.Groups, channels, options.Epsilon, device), device))
            : null;
        resnets = new ModuleList<ResnetBlock2D>(
            new ResnetBlock2D(channels, channels, options, device), new ResnetBlock2D(channels, channels, options, device));
        RegisterComponents();
    }

    /// <summary><c>[B, C, h, w]</c> → <c>[B, C, h, w]</c></summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = resnets[0].call(x, null);
        if (attentions is [var attention])
        {
            var (batch, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
            var tokens = attention.Norm!.call(x).permute(0, 2, 3, 1).reshape(batch, height * width, channels);  // [B, hw, C]
            var h = attention.call(tokens).view(batch, height, width, channels).permute(0, 3, 1, 2);            // [B, C, h, w]
            x = Fresh.Add(h, x);
        }

        return resnets[1].call(x, null).MoveToOuterDisposeScope();
    }
}
