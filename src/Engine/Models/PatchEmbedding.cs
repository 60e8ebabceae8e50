using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StableRep.Engine.Models;

/// <summary>Turns each patch of an image into a token: <c>[B, C, S, S] -> [B, N, D]</c>, patches row by row.</summary>
internal sealed class PatchEmbedding : Module<Tensor, Tensor>
{
    /// <summary>Groups of the stem's norms.</summary>
    public const int StemGroups = 8;

    private readonly Module<Tensor, Tensor> proj;
    private readonly int _patch;

    public PatchEmbedding(VisionTransformerConfig config)
        : base(nameof(PatchEmbedding))
    {
        _patch = config.PatchSize;
        proj = config.Stem == PatchStem.Convolutional
            ? Sequential(StemLayers(config).Select((layer, index) => ($"{index}", layer)).ToArray())
            : Conv2d(config.Channels, config.Width, kernel_size: _patch, stride: _patch);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var tokens = proj is Conv2d patches ? Project(input, patches) : proj.forward(input).flatten(2).transpose(1, 2);
        return tokens.MoveToOuterDisposeScope();
    }

    // A convolution whose stride is its kernel is one matrix product over the patches, which is faster forward and backward.
    private Tensor Project(Tensor input, Conv2d projection)
    {
        var (batch, channels, rows, columns) = (input.shape[0], input.shape[1], input.shape[2] / _patch, input.shape[3] / _patch);
        var patches = input.view(batch, channels, rows, _patch, columns, _patch)
            .permute(0, 2, 4, 1, 3, 5)
            .reshape(batch, rows * columns, channels * _patch * _patch);
        return functional.linear(patches, projection.weight!.flatten(1), projection.bias!);
    }

    // The norm is of groups where the paper's is of batches: an image's features do not depend on the images beside it, so that batches may be encoded in parts.
    private static IEnumerable<Module<Tensor, Tensor>> StemLayers(VisionTransformerConfig config)
    {
        var input = config.Channels;
        for (var factor = config.PatchSize / 2; factor >= 1; factor /= 2)
        {
            var output = config.Width / factor;
            yield return Conv2d(input, output, kernel_size: 3, stride: 2, padding: 1, bias: false);
            yield return Layers.GroupNorm(StemGroups, output, VisionTransformerConfig.NormEpsilon, null);
            yield return ReLU();
            input = output;
        }

        yield return Conv2d(input, config.Width, kernel_size: 1);
    }
}
