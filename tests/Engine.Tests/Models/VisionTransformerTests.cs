using StableRep.Engine.Models;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Models;

public sealed class VisionTransformerTests
{
    private static readonly VisionTransformerConfig Small = new() { ImageSize = 16, PatchSize = 4, Width = 24, Depth = 3, Heads = 2 };
    private static readonly VisionTransformerConfig Stemmed = new() { ImageSize = 32, PatchSize = 8, Stem = PatchStem.Convolutional, Width = 32, Depth = 2, Heads = 2 };

    [Fact]
    public void Equal_seeds_give_equal_weights_whatever_the_global_generator_did()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var first = new VisionTransformer(Small, seed: 5);
        manual_seed(2);
        var second = new VisionTransformer(Small, seed: 5);
        var other = new VisionTransformer(Small, seed: 6);
        foreach (var ((name, a), (_, b)) in first.named_parameters().Zip(second.named_parameters()))
        {
            Assert.True(a.SameAs(b), name);
        }

        Assert.False(first.get_parameter("blocks.0.attn.qkv.weight")!.SameAs(other.get_parameter("blocks.0.attn.qkv.weight")!));
    }

    [Theory]
    [InlineData(WeightScheme.Timm, 0.02, 0)]
    [InlineData(WeightScheme.MoCoV3, 0.2041, 0)]
    public void Initial_weights_have_the_schemes_deviation(WeightScheme scheme, double qkvDeviation, double bias)
    {
        using var scope = NewDisposeScope();
        var model = new VisionTransformer(Small with { Width = 24 }, seed: 1, scheme);
        var qkv = model.get_parameter("blocks.1.attn.qkv.weight")!;
        Assert.Equal(qkvDeviation, qkv.std().item<float>(), 0.1 * qkvDeviation);
        Assert.Equal(bias, model.get_parameter("blocks.1.mlp.fc1.bias")!.abs().max().item<float>());
        Assert.Equal(1, model.get_parameter("norm.weight")!.min().item<float>());
    }

    [Fact]
    public void Drop_path_leaves_branches_out_and_keeps_the_mean()
    {
        using var scope = NewDisposeScope();
        var model = new VisionTransformer(Small with { DropPathRate = 0.4 });
        var factors = model.DrawDropPath(20_000, new Generator(3))!;
        Assert.Equal([6, 20_000], factors.shape);
        Assert.Equal(1, factors[0].min().item<float>());
        Assert.Equal(0.4, factors[5].eq(0).to(ScalarType.Float32).mean().item<float>(), 0.02);
        Assert.Equal(1, factors[5].mean().item<float>(), 0.03);
        Assert.True(factors.SameAs(model.DrawDropPath(20_000, new Generator(3))!));
        Assert.Null(new VisionTransformer(Small).DrawDropPath(4, new Generator(3)));
    }

    [Fact]
    public void Drop_path_of_an_image_changes_that_image_alone()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var model = new VisionTransformer(Small with { DropPathRate = 0.4 });
        var images = randn(3, 3, 16, 16, generator: new Generator(1));
        var factors = ones(6, 3);
        factors[4, 1] = 0;
        var difference = (model.Encode(images, factors) - model.Encode(images)).abs().amax([1]);
        Assert.Equal(0, difference[0].item<float>(), 1e-6);
        Assert.True(difference[1].item<float>() > 1e-4);
        Assert.Equal(0, difference[2].item<float>(), 1e-6);
    }

    [Fact]
    public void Sin_cos_positions_are_fixed_and_tell_columns_from_rows()
    {
        using var scope = NewDisposeScope();
        var model = new VisionTransformer(Small with { Positions = PositionKind.SinCos });
        var positions = model.get_parameter("pos_embed")!;
        Assert.False(positions.requires_grad);
        Assert.Equal([1, 17, 24], positions.shape);
        Assert.Equal(0, positions[0, 0].abs().max().item<float>());
        // Patch (row 2, column 3): sin(3 f) first, sin(2 f) in the second half, f = 10000^(-i / 6).
        var patch = positions[0, 1 + (2 * 4) + 3];
        Assert.Equal(Math.Sin(3), patch[0].item<float>(), 1e-6);
        Assert.Equal(Math.Cos(3 * Math.Pow(10000, -1 / 6.0)), patch[7].item<float>(), 1e-6);
        Assert.Equal(Math.Sin(2 * Math.Pow(10000, -5 / 6.0)), patch[17].item<float>(), 1e-6);
    }

    [Fact]
    public void A_convolutional_stem_gives_a_token_for_each_patch_that_sees_beyond_it()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var model = new VisionTransformer(Stemmed);
        var images = randn(2, 3, 32, 32, generator: new Generator(1));
        Assert.Equal([2, 1 + (4 * 4), 32], model.Tokens(images).shape);
        Assert.Equal(
            ["proj.0.weight", "proj.1.weight", "proj.1.bias", "proj.3.weight", "proj.4.weight", "proj.4.bias", "proj.6.weight", "proj.7.weight", "proj.7.bias", "proj.9.weight", "proj.9.bias"],
            model.named_parameters().Where(item => item.name.StartsWith("patch_embed.", StringComparison.Ordinal)).Select(item => item.name["patch_embed.".Length..]));
    }

    [Fact]
    public void With_a_convolutional_stem_too_an_image_has_the_same_features_whatever_is_beside_it()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var model = new VisionTransformer(Stemmed);
        var images = randn(4, 3, 32, 32, generator: new Generator(1));
        var alone = model.forward(images[1..2]);
        Assert.InRange((model.forward(images)[1..2] - alone).abs().max().item<float>(), 0, 1e-5f);
    }

    [Fact]
    public void A_convolutional_stem_keeps_the_scale_of_its_input()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var model = new VisionTransformer(Stemmed, seed: 2);
        var first = model.get_parameter("patch_embed.proj.0.weight")!;
        Assert.Equal(Math.Sqrt(2 / 27.0), first.std().item<float>(), 0.05);
        var last = model.get_parameter("patch_embed.proj.9.weight")!;
        Assert.Equal(Math.Sqrt(2 / 32.0), last.std().item<float>(), 0.03);
        Assert.Equal(0, model.get_parameter("patch_embed.proj.9.bias")!.abs().max().item<float>());
    }

    [Theory]
    [InlineData(12, 32, "a power of 2")]
    [InlineData(8, 24, "a multiple of 32")]
    public void A_convolutional_stem_that_does_not_fit_is_refused(int patch, int width, string problem) => Assert.Contains(
        problem,
        Assert.Throws<NotSupportedException>(() => (Stemmed with { ImageSize = 48, PatchSize = patch, Width = width }).Validate()).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Images_of_another_size_are_refused_by_name()
    {
        using var scope = NewDisposeScope();
        var model = new VisionTransformer(Small);
        var error = Assert.Throws<ArgumentException>(() => model.forward(zeros(1, 3, 32, 32)));
        Assert.Contains("[B, 3, 16, 16], not [1, 3, 32, 32]", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vit_base_patch16_224", 768, 12, 12, 16, 224)]
    [InlineData("vit_large_patch14_336.some_tag", 1024, 24, 16, 14, 336)]
    [InlineData("vit-pocket", 128, 4, 2, 16, 64)]
    public void Named_gives_the_shape(string name, int width, int depth, int heads, int patch, int image)
    {
        var config = VisionTransformerConfig.Named(name);
        Assert.Equal((width, depth, heads, patch, image), (config.Width, config.Depth, config.Heads, config.PatchSize, config.ImageSize));
        config.Validate();
    }

    [Fact]
    public void Named_of_an_unknown_name_says_what_there_is() =>
        Assert.Contains("vit_base_patch16_224", Assert.Throws<NotSupportedException>(() => VisionTransformerConfig.Named("resnet50")).Message, StringComparison.Ordinal);

    [Fact]
    public void Parts_that_do_not_fit_are_refused()
    {
        Assert.Contains("img_size 30", Assert.Throws<NotSupportedException>(() => new VisionTransformer(Small with { ImageSize = 30 })).Message, StringComparison.Ordinal);
        Assert.Contains("num_heads 5", Assert.Throws<NotSupportedException>(() => new VisionTransformer(Small with { Heads = 5 })).Message, StringComparison.Ordinal);
        Assert.Contains("'avg'", Assert.Throws<NotSupportedException>(() => new VisionTransformer(Small with { ClassToken = false })).Message, StringComparison.Ordinal);
    }
}
