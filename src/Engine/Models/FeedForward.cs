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
            using var scope = NewDisposeScope();
            var halves = proj.call(x).chunk(2, -1);     // values and gates, [B, N, 4C] each
            return Fresh.Multiply(halves[1].gelu(), halves[0]).MoveToOuterDisposeScope();
        }
    }
}
