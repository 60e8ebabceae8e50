using StableRep.Engine.Evaluation;
using StableRep.Engine.Runtime;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Evaluation;

public sealed class ZeroShotTests
{
    /// <summary>Text whose embedding is a direction by its noun and a length and tilt by its sentence.</summary>
    private static Tensor Encode(IReadOnlyList<string> texts) => stack(texts.Select(text =>
    {
        var direction = text.Contains("red cup", StringComparison.Ordinal) ? new float[] { 1, 0, 0 } : [0, 1, 0];
        direction[2] = text.StartsWith("not", StringComparison.Ordinal) ? 1 : 0;
        return tensor(direction) * text.Length;
    }));

    [Fact]
    public void A_class_is_the_normalised_mean_of_its_normalised_sentences()
    {
        using var scope = NewDisposeScope();
        var embeddings = ZeroShot.ClassEmbeddings(["red_cup", "fish"], ["a {}", "not a {} at all"], Encode);
        // (1,0,0) and (1,0,1)/sqrt(2), whatever the sentences' lengths.
        var x = 1 + 1 / Math.Sqrt(2);
        var z = 1 / Math.Sqrt(2);
        var norm = Math.Sqrt(x * x + z * z);
        Assert.Equal(x / norm, embeddings[0, 0].item<float>(), 1e-6);
        Assert.Equal(z / norm, embeddings[0, 2].item<float>(), 1e-6);
        Assert.Equal(x / norm, embeddings[1, 1].item<float>(), 1e-6);
    }

    [Fact]
    public void Images_get_the_class_whose_sentences_they_are_nearest_to()
    {
        using var images = new FeatureSet(tensor(new float[] { 9, 1, 0, 1, 2, 0, 3, 1, 1 }).reshape(3, 3), tensor(new long[] { 0, 1, 0 }), ["red cup", "fish"]);
        Assert.Equal(1, ZeroShot.Run(images, Encode, ComputeDevice.Cpu).Top1);
    }

    [Fact]
    public void A_template_without_a_place_for_the_name_is_refused() =>
        Assert.Contains("a photo", Assert.Throws<ArgumentException>(() => ZeroShot.ClassEmbeddings(["fish"], ["a photo"], Encode)).Message, StringComparison.Ordinal);
}
