using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StableRep.Engine.Models;

/// <summary>Cuts images into patches and projects each to a token: <c>[B, C, S, S] -> [B, N, D]</c>, patches row by row.</summary>
internal sealed class PatchEmbedding : Module<Tensor, Tensor>
{
    private readonly Conv2d proj;
    private readonly int _patch;

    public PatchEmbedding(VisionTransformerConfig config)
        : base(nameof(PatchEmbedding))
    {
        _patch = config.PatchSize;
        proj = Conv2d(config.Channels, config.Width, kernel_size: _patch, stride: _patch);
        RegisterComponents();
    }

    // A convolution whose stride is its kernel is one matrix product over the patches, which is faster forward and backward.
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var (batch, channels, rows, columns) = (input.shape[0], input.shape[1], input.shape[2] / _patch, input.shape[3] / _patch);
        var patches = input.view(batch, channels, rows, _patch, columns, _patch)
            .permute(0, 2, 4, 1, 3, 5)
            .reshape(batch, rows * columns, channels * _patch * _patch);
        return functional.linear(patches, proj.weight!.flatten(1), proj.bias!).MoveToOuterDisposeScope();
    }
}
