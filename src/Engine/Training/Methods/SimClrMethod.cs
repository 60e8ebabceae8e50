using StableRep.Engine.Models;
using static TorchSharp.torch;

namespace StableRep.Engine.Training.Methods;

/// <summary>SimCLR (Chen et al., arXiv 2002.05709): two crops of one image are positives, every other crop is a negative.</summary>
public sealed class SimClrMethod : TrainingMethod
{
    private readonly Projector projector;
    private readonly double _temperature;

    internal SimClrMethod(VisionTransformer backbone, TrainingRecipe recipe)
        : base(nameof(SimClrMethod), backbone)
    {
        projector = recipe.CreateProjector(HeadSeed(recipe.Seed, 0));
        _temperature = recipe.Temperature;
        RegisterComponents();
    }

    internal override int Crops => 2;

    internal override MethodLoss Loss(IReadOnlyList<Tensor> features, ViewBatch batch)
    {
        var embeddings = projector.forward(features[0], batch.ViewSizes);
        return MethodLoss.Of(ContrastiveLosses.MultiPositive(embeddings, batch.Pictures, _temperature), embeddings, batch.Pictures);
    }
}
