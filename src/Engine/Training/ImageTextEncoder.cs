using StableRep.Engine.Models;
using StableRep.Engine.Runtime;
using StableRep.Engine.Training.Methods;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Engine.Training;

/// <summary>
/// Images and texts in one space, as <c>clip</c> and <c>stablerep+</c> learn it: what zero-shot classification compares. Calling it embeds
/// images, <c>[B, 3, S, S] -> [B, E]</c>.
/// </summary>
public sealed class ImageTextEncoder : nn.Module<Tensor, Tensor>
{
    private const int TextsAtOnce = 256;

    private readonly VisionTransformer visual;
    private readonly ImageTextHead image_text;

    private ImageTextEncoder(VisionTransformer visual, ImageTextHead image_text)
        : base(nameof(ImageTextEncoder))
    {
        (this.visual, this.image_text) = (visual, image_text);
        RegisterComponents();
        eval();
    }

    /// <summary>The images' encoder.</summary>
    public VisionTransformer Visual => visual;

    /// <summary>Loads what a run left.</summary>
    /// <param name="encoderFolder">The encoder's folder (<see cref="TrainingOutcome.EncoderFolder"/>).</param>
    /// <param name="imageTextFolder">The rest (<see cref="TrainingOutcome.ImageTextFolder"/>).</param>
    /// <param name="device">Where to compute.</param>
    /// <exception cref="Checkpoints.CheckpointException">A file is missing, damaged or does not fit the others.</exception>
    public static ImageTextEncoder Load(string encoderFolder, string imageTextFolder, ComputeDevice device)
    {
        var encoder = new ImageTextEncoder(VisionTransformerFolder.Load(encoderFolder), ImageTextHead.Load(imageTextFolder));
        encoder.to(device.Torch);
        return encoder;
    }

    /// <summary>Embeds normalised images, before L2 normalisation.</summary>
    /// <param name="input"><c>[B, 3, S, S]</c>.</param>
    /// <returns><c>[B, E]</c>.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return image_text.ProjectImages(visual.forward(input)).MoveToOuterDisposeScope();
    }

    /// <summary>Embeds texts, before L2 normalisation.</summary>
    /// <param name="texts">Any number of texts.</param>
    /// <returns><c>[n, E]</c>.</returns>
    public Tensor EmbedTexts(IReadOnlyList<string> texts)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return cat([.. texts.Chunk(TextsAtOnce).Select(image_text.EmbedTexts)], 0).MoveToOuterDisposeScope();
    }
}
