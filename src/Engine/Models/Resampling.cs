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

/// <summary>
/// Enlarges a picture to a size by its nearest pixels, then a 3×3 convolution.
/// </summary>
/// <remarks>
/// To twice the size, the nine weights of an output pixel fall on four input pixels, and on which depends only on whether its row and column are even.
/// So four convolutions of 2×2 weights over the small picture, one for each of these phases, give the same with 4/9 of the operations and without the
/// large picture: each of their weights is the sum of those that fall on one pixel.
/// </remarks>
internal sealed class Upsample2D : nn.Module<Tensor, long, long, Tensor>
{
    // Folding costs about as much as it saves on so many pixels.
    private const long WorthFolding = 512;

    // [3 · 3, 4 · 2 · 2]: on which of its phase's 2×2 weights each of the 3×3 falls.
    private static readonly float[] Folding = Fold();

    private readonly Conv2d conv;

    public Upsample2D(int channels, Device? device) : base(nameof(Upsample2D))
    {
        conv = Layers.Conv3x3(channels, channels, device);
        RegisterComponents();
    }

    /// <summary>The weights of the four phases <c>[4 · C, C, 2, 2]</c>, for many calls with the same weights.</summary>
    public Tensor FoldWeights()
    {
        using var scope = NewDisposeScope();
        var (channels, folding) = (conv.weight.shape[0], tensor(Folding, 9, 16, conv.weight.dtype, conv.weight.device));
        return conv.weight.flatten(2).matmul(folding)               // [C, C, 4 · 2 · 2]
            .view(channels, -1, 4, 4).permute(2, 0, 1, 3)           // [4, C, C, 2 · 2]
            .reshape(4 * channels, -1, 2, 2).MoveToOuterDisposeScope();
    }

    /// <summary><c>[B, C, h, w]</c> → <c>[B, C, height, width]</c>.</summary>
    public override Tensor forward(Tensor x, long height, long width) => Forward(x, height, width, null);

    /// <inheritdoc cref="forward"/>
    /// <param name="x">The picture.</param>
    /// <param name="height">Rows of the result.</param>
    /// <param name="width">Columns of the result.</param>
    /// <param name="folded">The weights from <see cref="FoldWeights"/>, if they were made before.</param>
    public Tensor Forward(Tensor x, long height, long width, Tensor? folded)
    {
        using var scope = NewDisposeScope();
        var (batch, channels, rows, columns) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
        if (height != 2 * rows || width != 2 * columns || (folded is null && batch * rows * columns < WorthFolding))
        {
            return conv.call(nn.functional.interpolate(x, size: [height, width], mode: InterpolationMode.Nearest)).MoveToOuterDisposeScope();
        }

        // Phase p's result at a pixel is at that pixel, or the one after it, of the padded picture's (rows + 1) · (columns + 1).
        var phases = nn.functional.conv2d(x, folded ?? FoldWeights(), conv.bias!.repeat(4), padding: [1, 1]).view(batch, 4, channels, rows + 1, columns + 1);
        var evenRows = Interleave(phases.select(1, 0).narrow(2, 0, rows), phases.select(1, 1).narrow(2, 0, rows), columns);
        var oddRows = Interleave(phases.select(1, 2).narrow(2, 1, rows), phases.select(1, 3).narrow(2, 1, rows), columns);
        return stack([evenRows, oddRows], 3).view(batch, channels, height, width).MoveToOuterDisposeScope();
    }

    // 2 × [B, C, h, w + 1] → [B, C, h, 2w]
    private static Tensor Interleave(Tensor even, Tensor odd, long columns)
        => stack([even.narrow(3, 0, columns), odd.narrow(3, 1, columns)], 4).flatten(3);

    private static float[] Fold()
    {
        var folding = new float[9 * 16];
        for (var phase = 0; phase < 4; phase++)
        {
            for (var weight = 0; weight < 9; weight++)
            {
                // In an even row the first of three rows falls on the pixel before, in an odd row the last on the pixel after.
                var row = weight / 3 >= 1 + (phase / 2 == 0 ? 0 : 1) ? 1 : 0;
                var column = weight % 3 >= 1 + (phase % 2 == 0 ? 0 : 1) ? 1 : 0;
                folding[(weight * 16) + (phase * 4) + (row * 2) + column] = 1;
            }
        }

        return folding;
    }
}
