using StableRep.Engine.Models;
using StableRep.Engine.Runtime;
using TorchSharp;

namespace StableRep.Engine.Evaluation;

/// <summary>A vision transformer as probes see it, with the module that it holds.</summary>
public sealed class ProbedEncoder : IDisposable
{
    private readonly VisionTransformer _module;

    private ProbedEncoder(VisionTransformer module, ComputeDevice device)
    {
        _module = module;
        module.to(device.Torch);
        module.eval();
        Features = FeatureEncoder.Of(module, module.Config.ImageSize, module.Config.Mean, module.Config.Std);
    }

    /// <summary>The encoder's shape.</summary>
    public VisionTransformerConfig Config => _module.Config;

    /// <summary>Images to features.</summary>
    public FeatureEncoder Features { get; }

    /// <summary>Loads an encoder's folder.</summary>
    /// <param name="folder">The folder (<see cref="VisionTransformerFolder"/>).</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="imageSize">The image size to probe at, in pixels; null for the encoder's own.</param>
    /// <exception cref="Checkpoints.CheckpointException">The folder is no encoder.</exception>
    public static ProbedEncoder Load(string folder, ComputeDevice device, int? imageSize = null) => new(VisionTransformerFolder.Load(folder, imageSize), device);

    /// <summary>An encoder with random weights: what training must better.</summary>
    /// <param name="config">Its shape.</param>
    /// <param name="seed">The seed of its weights.</param>
    /// <param name="device">Where to compute.</param>
    public static ProbedEncoder Random(VisionTransformerConfig config, ulong seed, ComputeDevice device) => new(new VisionTransformer(config, seed), device);

    /// <inheritdoc/>
    public void Dispose() => _module.Dispose();
}
