using StableRep.Engine.Evaluation;
using StableRep.Engine.Models;
using StableRep.Engine.Runtime;
using StableRep.Engine.Tests.Training;
using StableRep.Engine.Training;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Evaluation;

public sealed class ProbedEncoderTests
{
    [Theory]
    [InlineData(0, WeightScheme.Timm)]
    [InlineData(7, WeightScheme.MoCoV3)]
    public void An_untrained_encoder_is_the_one_that_the_training_begins_with(ulong seed, WeightScheme scheme)
    {
        using var scope = NewDisposeScope();
        var recipe = TrainingRecipes.Named("demo") with { Seed = seed, WeightScheme = scheme };
        using var begun = TrainingMethods.Create(recipe, new TestSource([2]), tokenizer: null);
        using var untrained = ProbedEncoder.Untrained(recipe.BackboneConfig(), recipe, ComputeDevice.Cpu);
        Assert.StartsWith(FeatureEncoder.WeightsKey(begun.Backbone), untrained.Features.Key, StringComparison.Ordinal);
    }
}
