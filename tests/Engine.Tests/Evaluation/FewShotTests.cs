using StableRep.Engine.Evaluation;
using StableRep.Engine.Runtime;

namespace StableRep.Engine.Tests.Evaluation;

public sealed class FewShotTests
{
    private static readonly FewShotOptions Small = new() { Ways = 3, Shots = 2, Queries = 4, Episodes = 40 };

    [Theory]
    [InlineData(FewShotClassifier.NearestMean)]
    [InlineData(FewShotClassifier.LogisticRegression)]
    public void Separable_classes_are_learned_from_two_images(FewShotClassifier classifier)
    {
        using var set = Samples.Clouds(5, 8, 10, spread: 0.03, seed: 1);
        var accuracy = FewShot.Run(set, Small with { Classifier = classifier }, ComputeDevice.Cpu).Accuracy;
        Assert.Equal(1, accuracy.Mean);
        Assert.Equal(0, accuracy.HalfWidth);
        Assert.Equal(40, accuracy.Count);
    }

    [Fact]
    public void Features_that_say_nothing_are_at_chance_within_the_interval()
    {
        using var set = Samples.Clouds(6, 40, 8, spread: 1, seed: 3, distance: 0);
        var accuracy = FewShot.Run(set, Small with { Episodes = 400 }, ComputeDevice.Cpu).Accuracy;
        var halfWidth = accuracy.HalfWidth!.Value;
        Assert.InRange(1.0 / 3, accuracy.Mean - 2 * halfWidth, accuracy.Mean + 2 * halfWidth);
        Assert.InRange(halfWidth, 0.005, 0.03);
    }

    [Fact]
    public void Episodes_depend_on_the_seed_alone()
    {
        using var set = Samples.Clouds(5, 10, 6, spread: 0.8, seed: 1);
        FewShotResult Run(int seed) => FewShot.Run(set, Small with { Seed = seed }, ComputeDevice.Cpu);
        Assert.Equal(Run(1), Run(1));
        Assert.NotEqual(Run(1).Accuracy, Run(2).Accuracy);
    }

    [Fact]
    public void Too_few_images_are_told_with_the_numbers()
    {
        using var set = Samples.Clouds(5, 5, 6, spread: 0.8, seed: 1);
        var error = Assert.Throws<ArgumentException>(() => FewShot.Run(set, Small, ComputeDevice.Cpu));
        Assert.Contains("need 3 classes of at least 6 images; only 0 of 5", error.Message, StringComparison.Ordinal);
    }
}
