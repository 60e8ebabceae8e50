using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StableRep.Engine.Models;

/// <summary>Halves a picture with a strided 3×3 convolution. Padding 0 means one row and one column of zeros after the picture only, as autoencoders have it.</summary>
internal sealed class Downsample2D : nn.Module<Tensor, Tensor>
{
    private readonly Conv2d conv;
    private readonly bool _padAfter;

    public Downsample2D(int channels, int padding, Device? device) : base(nameof(Downsample2D))
    {
        _padAfter = padding == 0;
        conv = Layers.Conv3x3(channels, channels, device, stride: 2, padding);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        if (!_padAfter)
        {
            return conv.call(x);
        }

        using var padded = nn.functional.pad(x, [0, 1, 0, 1]);
        return conv.call(padded);
    }
}

/// <summary>Enlarges a picture to a size by its nearest pixels, then a 3×3 convolution.</summary>
internal sealed class Upsample2D : nn.Module<Tensor, long, long, Tensor>
{
    private readonly Conv2d conv;

    public Upsample2D(int channels, Device? device) : base(nameof(Upsample2D))
    {
        conv = Layers.Conv3x3(channels, channels, device);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, long height, long width)
    {
        using var enlarged = nn.functional.interpolate(x, size: [height, width], mode: InterpolationMode.Nearest);
        return conv.call(enlarged);
    }
}
