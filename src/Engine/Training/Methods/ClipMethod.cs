using StableRep.Engine.Models;
using StableRep.Engine.Text;
using static TorchSharp.torch;

namespace StableRep.Engine.Training.Methods;

/// <summary>CLIP (Radford et al., arXiv 2103.00020): an image and its caption belong together.</summary>
public sealed class ClipMethod : TrainingMethod
{
    private readonly ImageTextHead image_text;

    internal ClipMethod(VisionTransformer backbone, TrainingRecipe recipe, ClipTokenizer tokenizer)
        : base(nameof(ClipMethod), backbone)
    {
        image_text = new ImageTextHead(backbone.Config.Width, recipe.TextTower, tokenizer, HeadSeed(recipe.Seed, 1));
        RegisterComponents();
    }

    internal override IReadOnlyList<EncoderPart> Parts(ViewBatch batch, Tensor? dropPath) =>
        [.. base.Parts(batch, dropPath), image_text.Texts(batch)];

    internal override MethodLoss Loss(IReadOnlyList<Tensor> features, ViewBatch batch)
    {
        var (result, embeddings) = image_text.Compare(features[0], features[1], batch);
        return MethodLoss.Of(result, embeddings, batch.Sets);
    }

    internal override void AfterStep() => image_text.ClampScale();

    internal override bool SaveImageText(string folder, string? tokenizerFolder)
    {
        image_text.Save(folder, tokenizerFolder!);
        return true;
    }
}
