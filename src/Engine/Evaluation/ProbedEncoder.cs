using StableRep.Engine.Models;
using StableRep.Engine.Runtime;
using StableRep.Engine.Training;
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

    /// <summary>An encoder as its training begins: what training must better.</summary>
    /// <param name="config">Its shape.</param>
    /// <param name="recipe">The training's recipe: the seed of the weights, and how they are drawn.</param>
    /// <param name="device">Where to compute.</param>
    public static ProbedEncoder Untrained(VisionTransformerConfig config, TrainingRecipe recipe, ComputeDevice device) =>
        new(recipe.CreateBackbone(config), device);

    /// <inheritdoc/>
    public void Dispose() => _module.Dispose();
}
