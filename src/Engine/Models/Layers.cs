using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StableRep.Engine.Models;

/// <summary>Layers as the diffusion models use them, and the memory layout they like.</summary>
internal static class Layers
{
    /// <summary>Group normalisation that starts as the identity's scale; TorchSharp's own leaves its parameters uninitialised.</summary>
    public static GroupNorm GroupNorm(int groups, int channels, double eps, Device? device)
    {
        var norm = nn.GroupNorm(groups, channels, eps, device: device);
        nn.init.ones_(norm.weight);
        nn.init.zeros_(norm.bias!);
        return norm;
    }

    public static Conv2d Conv3x3(int input, int output, Device? device, int stride = 1, int padding = 1)
        => nn.Conv2d(input, output, 3, stride, padding, device: device);

    public static Conv2d Conv1x1(int input, int output, Device? device) => nn.Conv2d(input, output, 1, device: device);

    /// <summary>
    /// The same <c>[B, C, H, W]</c> values with the channels of a pixel next to each other. Convolutions and normalisations keep the layout,
    /// and in it a picture is a row of tokens without a copy.
    /// </summary>
    public static Tensor ChannelsLast(Tensor x) => x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    public static void Zero(params IEnumerable<nn.Module> layers)
    {
        using var off = no_grad();
        foreach (var parameter in layers.SelectMany(layer => layer.parameters()))
        {
            parameter.zero_();
        }
    }
}
