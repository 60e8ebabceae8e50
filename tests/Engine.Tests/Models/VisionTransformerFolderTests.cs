using StableRep.Engine.Checkpoints;
using StableRep.Engine.Models;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Models;

public sealed class VisionTransformerFolderTests : IDisposable
{
    private static readonly VisionTransformerConfig Small = new()
    {
        ImageSize = 16,
        PatchSize = 4,
        Width = 24,
        Depth = 2,
        Heads = 2,
        MlpRatio = 3,
        Mean = [0.5, 0.4, 0.3],
        Std = [0.2, 0.2, 0.1],
    };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<VisionTransformerConfig> Shapes => new(
        Small,
        Small with { Pooling = TokenPooling.Average, QkvBias = false },
        Small with { Pooling = TokenPooling.Average, ClassToken = false, Positions = PositionKind.SinCos, DropPathRate = 0.1 },
        Small with { ClassPosition = false, Positions = PositionKind.SinCos },
        Small with { Pooling = TokenPooling.Average, NormAfterPooling = false },
        Small with { NormAfterPooling = true },
        Small with { Stem = PatchStem.Convolutional, Width = 32 });

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Shapes), DisableDiscoveryEnumeration = true)]
    public void A_saved_encoder_reads_back_with_its_shape_and_features(VisionTransformerConfig config)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var encoder = new VisionTransformer(config, seed: 3);
        var images = randn(2, 3, 16, 16, generator: new Generator(1));
        VisionTransformerFolder.Save(encoder, _folder.Path);
        var loaded = VisionTransformerFolder.Load(_folder.Path);
        Assert.Equal(config with { Mean = [], Std = [] }, loaded.Config with { Mean = [], Std = [] });
        Assert.Equal(config.Mean, loaded.Config.Mean);
        Assert.False(loaded.training);
        Assert.True(loaded.forward(images).SameAs(encoder.forward(images)));
    }

    [Fact]
    public void A_folder_as_timm_publishes_it_loads_without_its_classifier()
    {
        using var scope = NewDisposeScope();
        var tensors = ModuleWeights.Collect(new VisionTransformer(VisionTransformerConfig.Named("vit_tiny_patch16_32"), seed: 2));
        tensors.Add("head.weight", zeros(10, 192));
        tensors.Add("head.bias", zeros(10));
        SafetensorsWriter.Write(Path.Combine(_folder.Path, "model.safetensors"), tensors);
        File.WriteAllText(Path.Combine(_folder.Path, "config.json"), """
            {"architecture": "vit_tiny_patch16_32.augreg", "num_classes": 10, "num_features": 192, "global_pool": "token",
             "pretrained_cfg": {"input_size": [3, 32, 32], "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "classifier": "head"}}
            """);
        var encoder = VisionTransformerFolder.Load(_folder.Path);
        Assert.Equal([0.5, 0.5, 0.5], encoder.Config.Std);
        Assert.True(encoder.get_parameter("blocks.11.mlp.fc2.weight")!.SameAs(tensors["blocks.11.mlp.fc2.weight"]));
    }

    [Fact]
    public void Timms_arguments_change_the_architectures_shape()
    {
        var config = VisionTransformerFolder.ReadConfig(ConfigDocument.Parse("""
            {"architecture": "vit_small_patch16_224", "global_pool": "avg", "drop_rate": 0.0,
             "model_args": {"img_size": [96, 96], "patch_size": 8, "class_token": false, "fc_norm": false, "drop_path_rate": 0.1}}
            """, "config.json"));
        Assert.Equal((96, 8, 384, 6), (config.ImageSize, config.PatchSize, config.Width, config.Heads));
        Assert.Equal((TokenPooling.Average, false, false, 0.1), (config.Pooling, config.ClassToken, config.NormAfterPooling!.Value, config.DropPathRate));
    }

    [Theory]
    [InlineData("""{"architecture": "vit-pocket"}""", PatchStem.Convolutional)]
    [InlineData("""{"architecture": "vit-pocket", "stem": "linear"}""", PatchStem.Linear)]
    [InlineData("""{"architecture": "vit", "stem": "conv"}""", PatchStem.Convolutional)]
    [InlineData("""{"architecture": "vit"}""", PatchStem.Linear)]
    public void The_stem_is_the_written_one_or_else_the_architectures(string json, PatchStem stem) =>
        Assert.Equal(stem, VisionTransformerFolder.ReadConfig(ConfigDocument.Parse(json, "config.json")).Stem);

    [Fact]
    public void Another_image_size_resamples_the_positions()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var encoder = new VisionTransformer(Small, seed: 3);
        // A plane: any smooth resampling gives the plane again, at the new patches' centres.
        var line = arange(4, dtype: ScalarType.Float32);
        var plane = (line.unsqueeze(1) * 10 + line).flatten();
        encoder.get_parameter("pos_embed")![0, 1.., 5] = plane;
        encoder.get_parameter("pos_embed")![0, 0, 5] = 77;
        VisionTransformerFolder.Save(encoder, _folder.Path);
        var larger = VisionTransformerFolder.Load(_folder.Path, imageSize: 32);
        var positions = larger.get_parameter("pos_embed")!;
        Assert.Equal([1, 65, 24], positions.shape);
        Assert.Equal(77, positions[0, 0, 5].item<float>());
        // New patch (row 3, column 4) has its centre at (1.25, 1.75) of the old grid.
        Assert.Equal(14.25, positions[0, 1 + (3 * 8) + 4, 5].item<float>(), 0.3);
        Assert.Equal([2, 24], larger.forward(randn(2, 3, 32, 32)).shape);
    }

    [Fact]
    public void Sin_cos_positions_of_another_image_size_are_computed_anew()
    {
        using var scope = NewDisposeScope();
        var config = Small with { Positions = PositionKind.SinCos };
        VisionTransformerFolder.Save(new VisionTransformer(config), _folder.Path);
        var larger = VisionTransformerFolder.Load(_folder.Path, imageSize: 32);
        Assert.True(larger.get_parameter("pos_embed")!.SameAs(new VisionTransformer(config with { ImageSize = 32 }).get_parameter("pos_embed")!));
    }

    [Theory]
    [InlineData("""{"architecture": "vit", "img_size": 16, "init_values": 0.00001}""", "init_values")]
    [InlineData("""{"architecture": "vit", "img_size": 16, "reg_tokens": 4}""", "reg_tokens")]
    [InlineData("""{"architecture": "vit", "img_size": 16, "act_layer": "quick_gelu"}""", "act_layer")]
    [InlineData("""{"architecture": "vit", "img_size": 20}""", "img_size 20")]
    [InlineData("""{"architecture": "vit", "img_size": [32, 16]}""", "img_size")]
    [InlineData("""{"architecture": "vit", "drop_rate": 0.1}""", "drop_rate")]
    [InlineData("""{"architecture": "vit", "model_args": {"swiglu": true}}""", "swiglu")]
    [InlineData("""{"architecture": "convnext_tiny"}""", "convnext_tiny")]
    [InlineData("""{"architecture": "vit", "global_pool": "map"}""", "global_pool")]
    [InlineData("""{"architecture": "vit", "stem": "hybrid"}""", "stem")]
    public void A_setting_that_the_encoder_lacks_is_refused_by_name(string json, string named)
    {
        var error = Assert.Throws<CheckpointException>(() => VisionTransformerFolder.ReadConfig(ConfigDocument.Parse(json, "config.json")));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Contains("config.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Positions_that_are_of_no_grid_are_refused()
    {
        using var scope = NewDisposeScope();
        var tensors = ModuleWeights.Collect(new VisionTransformer(Small));
        tensors["pos_embed"] = zeros(1, 16, 24);
        VisionTransformerFolder.Save(new VisionTransformer(Small), _folder.Path);
        SafetensorsWriter.Write(Path.Combine(_folder.Path, "model.safetensors"), tensors);
        Assert.Contains("pos_embed", Assert.Throws<CheckpointException>(() => VisionTransformerFolder.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }
}
