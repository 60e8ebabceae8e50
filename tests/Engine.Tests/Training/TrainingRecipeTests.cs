using System.Text.Json;
using StableRep.Engine.Models;
using StableRep.Engine.Training;

namespace StableRep.Engine.Tests.Training;

public sealed class TrainingRecipeTests
{
    public static TheoryData<string, string> All =>
        [.. from recipe in TrainingRecipes.Names from method in TrainingMethods.Names select (recipe, method)];

    [Theory]
    [MemberData(nameof(All))]
    public void Every_recipe_is_valid_for_every_method_and_survives_its_json(string name, string method)
    {
        var recipe = TrainingRecipes.Named(name, method);
        recipe.Validate();
        Assert.Equal(recipe.ToJson(), TrainingRecipe.Parse(recipe.ToJson()).ToJson());
    }

    [Fact]
    public void A_shape_without_a_name_survives_the_json()
    {
        var recipe = TrainingRecipes.Named("demo") with { BackboneShape = VisionTransformerConfig.Named("vit-pocket") with { Depth = 2 } };
        Assert.Equal(2, TrainingRecipe.Parse(recipe.ToJson()).BackboneConfig().Depth);
    }

    [Fact]
    public void Enumerations_are_written_in_snake_case_and_read_in_camel_case_too()
    {
        var recipe = TrainingRecipes.Named("demo") with
        {
            WeightScheme = WeightScheme.MoCoV3,
            BackboneShape = new VisionTransformerConfig { Pooling = TokenPooling.ClassToken, Positions = PositionKind.SinCos },
        };
        Assert.Contains("\"mo_co_v3\"", recipe.ToJson(), StringComparison.Ordinal);
        Assert.Contains("\"class_token\"", recipe.ToJson(), StringComparison.Ordinal);
        Assert.Equal(recipe.ToJson(), TrainingRecipe.Parse(recipe.ToJson().Replace("mo_co_v3", "moCoV3", StringComparison.Ordinal)
            .Replace("class_token", "classToken", StringComparison.Ordinal).Replace("sin_cos", "sinCos", StringComparison.Ordinal)).ToJson());
        var error = Assert.Throws<JsonException>(() => TrainingRecipe.Parse("""{"method": "simclr", "weightScheme": "lecun"}"""));
        Assert.Contains("timm, mo_co_v3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_papers_recipe_has_its_batch_and_learning_rate()
    {
        var recipe = TrainingRecipes.Named("paper-cc12m");
        Assert.Equal(8256, recipe.SetsPerBatch * recipe.ImagesPerSet);
        Assert.Equal(0.003225, LearningRateSchedule.ScaleToBatch(recipe.BaseLearningRate, 8256), 1e-12);
        Assert.Equal((0.1, 0.9, 0.98), (recipe.Optimizer.WeightDecay, recipe.Optimizer.Beta1, recipe.Optimizer.Beta2));
    }

    [Theory]
    [InlineData("simclr", 2)]
    [InlineData("clip", 1)]
    public void Another_method_sees_as_many_views_in_as_many_batches(string method, int crops)
    {
        const int captions = 4800;
        var mine = TrainingRecipes.Named("demo");
        var other = TrainingRecipes.ForMethod(mine, method);
        Assert.Equal(mine.SetsPerBatch * mine.ImagesPerSet, other.SetsPerBatch * other.ImagesPerSet * crops);
        Assert.Equal(mine.Epochs * captions / mine.SetsPerBatch, other.Epochs * captions / other.SetsPerBatch, 1e-6);
    }

    [Fact]
    public void A_value_out_of_range_is_named()
    {
        var recipe = TrainingRecipes.Named("demo");
        Assert.Contains("temperature is 0", Assert.Throws<ArgumentException>((recipe with { Temperature = 0 }).Validate).Message, StringComparison.Ordinal);
        Assert.Contains("imagesPerSet is 1", Assert.Throws<ArgumentException>((recipe with { ImagesPerSet = 1 }).Validate).Message, StringComparison.Ordinal);
        Assert.Contains("warmupEpochs", Assert.Throws<ArgumentException>((recipe with { WarmupEpochs = 99 }).Validate).Message, StringComparison.Ordinal);
        Assert.Contains("'dino'", Assert.Throws<NotSupportedException>((recipe with { Method = "dino" }).Validate).Message, StringComparison.Ordinal);
        Assert.Contains("vit_base_patch16_224", Assert.Throws<NotSupportedException>((recipe with { Backbone = "resnet" }).Validate).Message, StringComparison.Ordinal);
        Assert.Contains("image size", Assert.Throws<ArgumentException>((recipe with { Backbone = "vit_tiny_patch16_224" }).Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_setting_is_refused() =>
        Assert.Contains("temprature", Assert.Throws<JsonException>(() => TrainingRecipe.Parse("""{"method": "simclr", "temprature": 0.1}""")).Message, StringComparison.Ordinal);
}
