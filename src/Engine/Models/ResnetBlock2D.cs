using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StableRep.Engine.Models;

/// <summary>Two 3×3 convolutions with group normalisation around a skip connection; in a UNet the time step shifts the features between them.</summary>
internal sealed class ResnetBlock2D : nn.Module<Tensor, Tensor?, Tensor>
{
    private readonly GroupNorm norm1;
    private readonly Conv2d conv1;
    private readonly Linear? time_emb_proj;
    private readonly GroupNorm norm2;
    private readonly Conv2d conv2;
    private readonly Conv2d? conv_shortcut;
    private readonly Options _options;

    public ResnetBlock2D(int inChannels, int outChannels, Options options, Device? device) : base(nameof(ResnetBlock2D))
    {
        _options = options;
        norm1 = Layers.GroupNorm(options.Groups, inChannels, options.Epsilon, device);
        conv1 = Layers.Conv3x3(inChannels, outChannels, device);
        time_emb_proj = options.TimeChannels is { } time
            ? nn.Linear(time, options.ScaleShift ? 2 * outChannels : outChannels, device: device)
            : null;
        norm2 = Layers.GroupNorm(options.Groups, outChannels, options.Epsilon, device);
        conv2 = Layers.Conv3x3(outChannels, outChannels, device);
        conv_shortcut = inChannels == outChannels ? null : Layers.Conv1x1(inChannels, outChannels, device);
        RegisterComponents();
    }

    /// <summary>What all blocks of a model share.</summary>
    /// <param name="Groups">Groups of each normalisation.</param>
    /// <param name="Epsilon">Epsilon of each normalisation.</param>
    /// <param name="Activation">The nonlinearity.</param>
    /// <param name="TimeChannels">Width of the time embedding; null without one.</param>
    /// <param name="ScaleShift">Whether time scales and shifts after the second normalisation instead of shifting before it.</param>
    /// <param name="Dropout">Probability of dropping a feature in training.</param>
    /// <param name="OutputScale">The block's sum is divided by it.</param>
    public sealed record Options(
        int Groups,
        double Epsilon,
        Activation Activation,
        int? TimeChannels = null,
        bool ScaleShift = false,
        double Dropout = 0,
        double OutputScale = 1);

    /// <summary>The block's number among those of its model that see the time, and so its entry in a <see cref="TimeCondition"/>.</summary>
    public int TimeIndex { get; set; } = -1;

    /// <summary>This block's share of a time embedding: <c>[T, E]</c> → <c>[T, C or 2C, 1, 1]</c>, nothing of which depends on the picture.</summary>
    /// <param name="activated">The nonlinearity of the embedding <c>[T, E]</c>, which all blocks share.</param>
    public Tensor ProjectTime(Tensor activated) => time_emb_proj!.call(activated).unsqueeze(-1).unsqueeze(-1);

    /// <summary>Zeroes the last convolution: the block starts as its skip connection.</summary>
    public void ZeroBranch() => Layers.Zero(conv2);

    public override Tensor forward(Tensor x, Tensor? time)
    {
        using var scope = NewDisposeScope();
        var h = _options.Activation.OfFresh(norm1.call(x));     // [B, Cin, H, W]
        h = conv1.call(h);                                      // [B, C, H, W]
        if (_options.ScaleShift && time is not null)
        {
            var scaleAndShift = time.chunk(2, 1);               // 2 × [B or 1, C, 1, 1]
            h = norm2.call(h) * (1 + scaleAndShift[0]) + scaleAndShift[1];
        }
        else
        {
            h = norm2.call(time is null ? h : Fresh.Add(h, time));
        }

        h = _options.Activation.OfFresh(h);
        if (training && _options.Dropout > 0)
        {
            h = nn.functional.dropout(h, _options.Dropout, training: true);
        }

        h = Fresh.Add(conv2.call(h), conv_shortcut is null ? x : conv_shortcut.call(x));
        return (_options.OutputScale == 1 ? h : h / _options.OutputScale).MoveToOuterDisposeScope();
    }
}
