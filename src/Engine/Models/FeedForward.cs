using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StableRep.Engine.Models;

/// <summary>The transformer's feed-forward layer with a gated GELU of four times the width (Shazeer 2020, arXiv 2002.05202).</summary>
internal sealed class FeedForward : nn.Module<Tensor, Tensor>
{
    // net.1 is a dropout of probability 0 in the checkpoints' numbering.
    private readonly ModuleList<nn.Module<Tensor, Tensor>> net;

    public FeedForward(int channels, Device? device) : base(nameof(FeedForward))
    {
        net = new ModuleList<nn.Module<Tensor, Tensor>>(
            new GatedGelu(channels, 4 * channels, device), nn.Identity(), nn.Linear(4 * channels, channels, device: device));
        RegisterComponents();
    }

    /// <summary><c>[B, N, C]</c> → <c>[B, N, C]</c>.</summary>
    public override Tensor forward(Tensor x)
    {
        using var gated = net[0].call(x);
        return net[2].call(gated);
    }

    private sealed class GatedGelu : nn.Module<Tensor, Tensor>
    {
        private readonly Linear proj;

        public GatedGelu(int input, int output, Device? device) : base(nameof(GatedGelu))
        {
            proj = nn.Linear(input, 2 * output, device: device);
            RegisterComponents();
        }

        public override Tensor forward(Tensor x)
        {
            // The two halves of the projection apart: whole tensors go through the nonlinearity faster than halves of rows, forward and back.
            using var scope = NewDisposeScope();
            var (weights, biases) = (proj.weight.chunk(2, 0), proj.bias!.chunk(2, 0));
            var gates = nn.functional.linear(x, weights[1], biases[1]).gelu();                                  // [B, N, 4C]
            return Fresh.Multiply(gates, nn.functional.linear(x, weights[0], biases[0])).MoveToOuterDisposeScope();
        }
    }
}
