using StableRep.Engine.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StableRep.Engine.Training.Methods;

/// <summary>Classification by the sets' labels: the upper bound that methods without labels are compared to.</summary>
public sealed class SupervisedMethod : TrainingMethod
{
    private readonly Linear head;

    /// <param name="backbone">The encoder.</param>
    /// <param name="recipe">The run's recipe.</param>
    /// <param name="classes">The number of classes; labels are less.</param>
    internal SupervisedMethod(VisionTransformer backbone, TrainingRecipe recipe, int classes)
        : base(nameof(SupervisedMethod), backbone)
    {
        head = Linear(backbone.Config.Width, classes);
        LinearWeights.Draw(head, HeadSeed(recipe.Seed, 0));
        RegisterComponents();
    }

    internal override MethodLoss Loss(IReadOnlyList<Tensor> features, ViewBatch batch)
    {
        var device = features[0].device;
        var labels = tensor(Array.ConvertAll(batch.SetOfRow, set => (long)batch.Batch.Sets[set].Label!.Value), device: device);
        var logits = head.forward(features[0]).to(ScalarType.Float32);
        var rows = functional.cross_entropy(logits, labels, reduction: Reduction.None);
        var accuracy = logits.argmax(1).eq(labels).to(ScalarType.Float32).mean();
        return new MethodLoss(rows.mean(), new Dictionary<string, Tensor>(), rows.detach(), accuracy, features[0].detach(), labels);
    }
}
