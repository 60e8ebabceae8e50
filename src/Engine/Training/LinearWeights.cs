using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StableRep.Engine.Training;

/// <summary>Draws the weights of a head's linear layers from a seed, uniform as torch's own start but not from its global generator.</summary>
internal static class LinearWeights
{
    public static void Draw(nn.Module module, ulong seed)
    {
        using var noGrad = no_grad();
        using var generator = new Generator(seed);
        foreach (var linear in module.modules().Prepend(module).OfType<Linear>().Distinct())
        {
            using var scope = NewDisposeScope();
            var limit = 1 / Math.Sqrt(linear.weight!.shape[1]);
            linear.weight.copy_(rand(linear.weight.shape, generator: generator).mul_(2 * limit).sub_(limit));
            linear.bias?.copy_(rand(linear.bias.shape, generator: generator).mul_(2 * limit).sub_(limit));
        }
    }
}
