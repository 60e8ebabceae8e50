using StableRep.Engine.Models;
using StableRep.Engine.Text;
using static TorchSharp.torch;

namespace StableRep.Engine.Training.Methods;

/// <summary>StableRep+ (arXiv 2306.00984, section 3.3): StableRep's loss and an image-text loss in which a caption has several images.</summary>
public sealed class StableRepPlusMethod : TrainingMethod
{
    private readonly Projector projector;
    private readonly ImageTextHead image_text;
    private readonly TrainingRecipe _recipe;

    internal StableRepPlusMethod(VisionTransformer backbone, TrainingRecipe recipe, ClipTokenizer tokenizer)
        : base(nameof(StableRepPlusMethod), backbone)
    {
        projector = recipe.CreateProjector(HeadSeed(recipe.Seed, 0));
        image_text = new ImageTextHead(backbone.Config.Width, recipe.TextTower, tokenizer, HeadSeed(recipe.Seed, 1));
        _recipe = recipe;
        RegisterComponents();
    }

    internal override IReadOnlyList<EncoderPart> Parts(ViewBatch batch, Tensor? dropPath) =>
        [.. base.Parts(batch, dropPath), image_text.Texts(batch)];

    internal override MethodLoss Loss(IReadOnlyList<Tensor> features, ViewBatch batch)
    {
        var embeddings = projector.forward(features[0], batch.ViewSizes);
        var image = ContrastiveLosses.MultiPositive(embeddings, batch.Sets, _recipe.Temperature);
        var (imageText, _) = image_text.Compare(features[0], features[1], batch);
        var (w1, w2) = (_recipe.ImageWeight, _recipe.ImageTextWeight);
        return new MethodLoss(
            (w1 * image.Loss) + (w2 * imageText.Loss),
            new Dictionary<string, Tensor> { ["image"] = image.Loss.detach(), ["image-text"] = imageText.Loss.detach() },
            (w1 * image.Rows) + (w2 * imageText.Rows),
            image.Accuracy,
            embeddings.detach(),
            batch.Sets);
    }

    internal override void AfterStep() => image_text.ClampScale();

    internal override bool SaveImageText(string folder, string? tokenizerFolder)
    {
        image_text.Save(folder, tokenizerFolder!);
        return true;
    }
}
