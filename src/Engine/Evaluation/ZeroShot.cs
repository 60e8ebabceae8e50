using StableRep.Engine.Runtime;
using static TorchSharp.torch;

namespace StableRep.Engine.Evaluation;

/// <summary>
/// Zero-shot classification by methods that have a text tower: each class is the mean of its name's embeddings in several sentences
/// (arXiv 2103.00020, section 3.1.4), and an image gets the class of greatest cosine similarity.
/// </summary>
public static class ZeroShot
{
    /// <summary>Sentences that fit most classes; <c>{}</c> stands for the class's name.</summary>
    public static IReadOnlyList<string> DefaultTemplates { get; } =
    [
        "a photo of a {}.",
        "a picture of a {}.",
        "an image of a {}.",
        "a photo of the {}.",
        "a drawing of a {}.",
        "a rendering of a {}.",
        "there is a {} in the scene.",
        "a {}.",
    ];

    /// <summary>Classifies a split.</summary>
    /// <param name="images">Image features in the space that text and images share, before or after normalisation.</param>
    /// <param name="encodeText">Text to its embeddings <c>[n, E]</c> in that space.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="templates">Sentences with <c>{}</c>; null for <see cref="DefaultTemplates"/>.</param>
    /// <exception cref="ArgumentException">A template lacks <c>{}</c>, or text and images have different dimensions.</exception>
    public static ClassificationMetrics Run(
        FeatureSet images, Func<IReadOnlyList<string>, Tensor> encodeText, ComputeDevice device, IReadOnlyList<string>? templates = null)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var classes = ClassEmbeddings(images.ClassNames, templates ?? DefaultTemplates, encodeText).to(device.Torch);
        if (classes.shape[1] != images.Dimension)
        {
            throw new ArgumentException(
                $"Text embeddings have {classes.shape[1]} dimensions and image features {images.Dimension}: use the image encoder with its projection into the shared space.",
                nameof(images));
        }

        var scores = EmbeddingMeasures.Normalize(images.Features.to(device.Torch)).matmul(classes.t());
        return ClassificationMetrics.From(scores, images.Labels, images.ClassNames);
    }

    /// <summary>One unit vector a class, <c>[C, E]</c>: the normalised mean of the normalised embeddings of its sentences.</summary>
    /// <param name="classNames">The classes' names; <c>_</c> and <c>-</c> are read as spaces.</param>
    /// <param name="templates">Sentences with <c>{}</c>.</param>
    /// <param name="encodeText">Text to its embeddings <c>[n, E]</c>.</param>
    /// <exception cref="ArgumentException">There is no template, or one lacks <c>{}</c>.</exception>
    public static Tensor ClassEmbeddings(
        IReadOnlyList<string> classNames, IReadOnlyList<string> templates, Func<IReadOnlyList<string>, Tensor> encodeText)
    {
        if (templates.Count == 0 || templates.FirstOrDefault(template => !template.Contains("{}", StringComparison.Ordinal)) is not null)
        {
            throw new ArgumentException($"Templates are sentences with {{}} for the class's name; these are: {string.Join(" | ", templates)}", nameof(templates));
        }

        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var means = classNames.Select(name =>
        {
            var spoken = name.Replace('_', ' ').Replace('-', ' ');
            using var sentences = encodeText([.. templates.Select(template => template.Replace("{}", spoken, StringComparison.Ordinal))]);
            return EmbeddingMeasures.Normalize(sentences).mean([0]);
        }).ToArray();
        return EmbeddingMeasures.Normalize(stack(means)).MoveToOuterDisposeScope();
    }
}
