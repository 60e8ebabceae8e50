using StableRep.Engine.Models;
using static TorchSharp.torch;

namespace StableRep.Engine.Training.Methods;

/// <summary>
/// StableRep (Tian et al., arXiv 2306.00984): the images that were generated from one caption are positives of each other. Sets may be
/// ragged: a rejected image leaves its set smaller.
/// </summary>
public sealed class StableRepMethod : TrainingMethod
{
    private readonly Projector projector;
    private readonly double _temperature;

    internal StableRepMethod(VisionTransformer backbone, TrainingRecipe recipe)
        : base(nameof(StableRepMethod), backbone)
    {
        projector = recipe.CreateProjector(HeadSeed(recipe.Seed, 0));
        _temperature = recipe.Temperature;
        RegisterComponents();
    }

    internal override MethodLoss Loss(IReadOnlyList<Tensor> features, ViewBatch batch)
    {
        var embeddings = projector.forward(features[0], batch.ViewSizes);
        return MethodLoss.Of(ContrastiveLosses.MultiPositive(embeddings, batch.Sets, _temperature), embeddings, batch.Sets);
    }
}
