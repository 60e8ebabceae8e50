using static TorchSharp.torch;

namespace StableRep.Engine.Models;

/// <summary>Position embeddings of patches on a square grid.</summary>
internal static class VisionPositions
{
    /// <summary>How many positions a model has.</summary>
    public static int Count(VisionTransformerConfig config) => config.PatchCount + (HasClass(config) ? 1 : 0);

    /// <summary>
    /// Fixed positions, <c>[1, Count, Width]</c>: sines and cosines of the column in the first half of the channels, of the row in the
    /// second; zeros for the class token.
    /// </summary>
    public static Tensor SinCos(VisionTransformerConfig config)
    {
        using var scope = NewDisposeScope();
        var side = config.ImageSize / config.PatchSize;
        var quarter = config.Width / 4;
        var frequencies = pow(10000, -arange(quarter, dtype: ScalarType.Float64) / quarter);
        var angles = arange(side, dtype: ScalarType.Float64).outer(frequencies);
        var line = cat([angles.sin(), angles.cos()], 1);                        // [side, Width / 2]
        var columns = line.unsqueeze(0).expand(side, -1, -1);
        var rows = line.unsqueeze(1).expand(-1, side, -1);
        var grid = cat([columns, rows], 2).reshape(side * side, config.Width);
        if (HasClass(config))
        {
            grid = cat([zeros(1, config.Width, dtype: ScalarType.Float64), grid], 0);
        }

        return grid.unsqueeze(0).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>Resamples learned positions to another grid (bicubic, antialiased, as timm does); the class token's stays.</summary>
    /// <param name="positions"><c>[1, n, Width]</c> of a square grid, with the class token's position first if the model has one.</param>
    /// <param name="config">The model that the positions are for.</param>
    /// <returns><c>[1, Count, Width]</c>, fp32.</returns>
    public static Tensor Resample(Tensor positions, VisionTransformerConfig config)
    {
        using var scope = NewDisposeScope();
        var first = HasClass(config) ? 1 : 0;
        var from = (int)Math.Round(Math.Sqrt(positions.shape[1] - first));
        var to = config.ImageSize / config.PatchSize;
        var grid = positions[TensorIndex.Colon, first..].to(ScalarType.Float32).transpose(1, 2).reshape(1, config.Width, from, from);
        grid = nn.functional.interpolate(grid, [to, to], mode: InterpolationMode.Bicubic, align_corners: false, antialias: true);
        var patches = grid.flatten(2).transpose(1, 2);
        return cat([positions[TensorIndex.Colon, ..first].to(ScalarType.Float32), patches], 1).MoveToOuterDisposeScope();
    }

    /// <summary>Whether positions of this shape are those of some square grid for such a model.</summary>
    public static bool IsGrid(IReadOnlyList<long> shape, VisionTransformerConfig config)
    {
        if (shape.Count != 3 || shape[0] != 1 || shape[2] != config.Width)
        {
            return false;
        }

        var patches = shape[1] - (HasClass(config) ? 1 : 0);
        var side = (long)Math.Round(Math.Sqrt(Math.Max(0, patches)));
        return side > 0 && side * side == patches;
    }

    private static bool HasClass(VisionTransformerConfig config) => config is { ClassToken: true, ClassPosition: true };
}
