using StableRep.Engine.Checkpoints;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StableRep.Engine.Models;

/// <summary>Layers as the diffusion models use them.</summary>
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

    /// <summary>Sets every parameter of the layers to zero.</summary>
    public static void Zero(params IEnumerable<nn.Module> layers)
    {
        using var off = no_grad();
        foreach (var parameter in layers.SelectMany(layer => layer.parameters()))
        {
            parameter.zero_();
        }
    }

    /// <summary>Builds a model and fills it with a component's weights.</summary>
    /// <param name="create">Builds the model on the <c>meta</c> device, which costs no random numbers.</param>
    /// <param name="folder">The component's folder.</param>
    /// <param name="variant">The weights' variant.</param>
    /// <param name="device">Where the parameters go; null for the CPU.</param>
    public static T Load<T>(Func<T> create, string folder, string? variant, Device? device)
        where T : nn.Module
    {
        using var weights = TensorSources.OpenComponent(folder, variant);
        return Load(create, weights, device);
    }

    /// <summary>Builds a model and fills it with weights.</summary>
    /// <param name="create">Builds the model on the <c>meta</c> device, which costs no random numbers.</param>
    /// <param name="weights">The weights, which stay the caller's.</param>
    /// <param name="device">Where the parameters go; null for the CPU.</param>
    /// <param name="type">What the parameters are converted to; null for the type that the model has by itself.</param>
    public static T Load<T>(Func<T> create, ITensorSource weights, Device? device, ScalarType? type = null)
        where T : nn.Module
    {
        var model = create();
        try
        {
            Allocate(model, device ?? CPU, type);
            ModuleWeights.Load(model, weights);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    // Memory without values for a model that was built on the meta device.
    private static void Allocate(nn.Module module, Device device, ScalarType? type)
    {
        foreach (var layer in module.modules())
        {
            switch (layer)
            {
                case Conv2d conv:
                    (conv.weight, conv.bias) = (Empty(conv.weight)!, Empty(conv.bias));
                    break;
                case Linear linear:
                    (linear.weight, linear.bias) = (Empty(linear.weight)!, Empty(linear.bias));
                    break;
                case GroupNorm norm:
                    (norm.weight, norm.bias) = (Empty(norm.weight)!, Empty(norm.bias));
                    break;
                case Embedding embedding:
                    embedding.weight = Empty(embedding.weight)!;
                    break;
                case LayerNorm norm:
                    (norm.weight, norm.bias) = (Empty(norm.weight)!, Empty(norm.bias));
                    break;
            }
        }

        Parameter? Empty(Parameter? like) => like is null ? null : new Parameter(empty(like.shape, type ?? like.dtype, device));
    }
}
