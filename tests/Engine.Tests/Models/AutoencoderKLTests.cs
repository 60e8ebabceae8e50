using System.Text.Json.Nodes;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Models;

public sealed class AutoencoderKLTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Generator _noise = new(7);

    private static AutoencoderKLConfig Small { get; } = new() { BlockOutChannels = [8, 16, 16], NormNumGroups = 4, LayersPerBlock = 1 };

    public void Dispose()
    {
        _scope.Dispose();
        _noise.Dispose();
    }

    [Theory]
    [InlineData(StableDiffusionConfigs.AutoencoderMse)]
    [InlineData(StableDiffusionConfigs.Autoencoder21)]
    public void A_public_checkpoints_config_gives_its_number_of_parameters(string json)
    {
        using var autoencoder = new AutoencoderKL(Read(json), META);
        var manifest = ModuleWeights.Manifest(autoencoder);
        Assert.Equal(248, manifest.Count);
        Assert.Equal(83_653_863, manifest.Values.Sum(shape => shape.Aggregate(1L, (product, size) => product * size)));
        Assert.Equal(8, autoencoder.Config.Downscale);
        Assert.Equal(0.18215, autoencoder.Config.ScalingFactor);
    }

    [Theory]
    [InlineData("shift_factor", "0.1159")]
    [InlineData("latents_mean", "[0.1, 0.2, 0.3, 0.4]")]
    [InlineData("down_block_types", "[\"DownEncoderBlock2D\", \"AttnDownEncoderBlock2D\", \"DownEncoderBlock2D\", \"DownEncoderBlock2D\"]")]
    [InlineData("up_block_types", "[\"UpDecoderBlock2D\"]")]
    [InlineData("act_fn", "\"tanh\"")]
    [InlineData("scaling_factor", "0")]
    [InlineData("norm_num_groups", "48")]
    [InlineData("a_key_of_the_future", "3")]
    public void Read_refuses_what_the_model_has_no_code_for_and_names_file_and_key(string key, string value)
    {
        var json = JsonNode.Parse(StableDiffusionConfigs.AutoencoderMse)!.AsObject();
        json[key] = JsonNode.Parse(value);
        var error = Assert.Throws<CheckpointException>(() => Read(json.ToJsonString()));
        Assert.Contains("vae/config.json", error.Message, StringComparison.Ordinal);
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_written_config_reads_back_the_same()
    {
        var written = Read(StableDiffusionConfigs.Autoencoder21).ToJson();
        Assert.True(JsonNode.DeepEquals(written, Read(written.ToJsonString()).ToJson()));
    }

    [Fact]
    public void Weights_under_the_names_of_older_checkpoints_load()
    {
        using var autoencoder = Create(Small);
        var folder = Directory.CreateTempSubdirectory().FullName;
        AutoencoderKL loaded;
        try
        {
            var old = ModuleWeights.Collect(autoencoder).ToDictionary(
                entry => entry.Key.Replace("to_q", "query", StringComparison.Ordinal).Replace("to_k", "key", StringComparison.Ordinal)
                    .Replace("to_v", "value", StringComparison.Ordinal).Replace("to_out.0", "proj_attn", StringComparison.Ordinal),
                entry => entry.Value);
            Assert.Contains("encoder.mid_block.attentions.0.proj_attn.bias", old.Keys);
            SafetensorsWriter.Write(Path.Combine(folder, "diffusion_pytorch_model.safetensors"), old);
            File.WriteAllText(Path.Combine(folder, "config.json"), Small.ToJson().ToJsonString());
            loaded = AutoencoderKL.Load(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        using var inference = inference_mode();
        var image = randn([1, 3, 16, 16], generator: _noise);
        Assert.True(autoencoder.call(image).eq(loaded.call(image)).all().item<bool>());
    }

    [Fact]
    public void Latents_are_smaller_by_the_downscale_and_pictures_come_back_in_their_size()
    {
        using var autoencoder = Create(Small);
        using var inference = inference_mode();
        var image = randn([2, 3, 16, 24], generator: _noise);
        var latents = autoencoder.Encode(image);
        Assert.Equal([2, 4, 4, 6], latents.Mean.shape);
        Assert.Equal([2, 4, 4, 6], latents.LogVariance.shape);
        Assert.Equal(image.shape, autoencoder.Decode(latents.Mean).shape);
    }

    [Fact]
    public void A_large_picture_decodes_as_in_double_precision_in_either_memory_layout()
    {
        using var autoencoder = Create(Small with { BlockOutChannels = [4, 4, 8, 8] });
        using var inference = inference_mode();
        var latents = randn([1, 4, 32, 32], generator: _noise);
        var picture = autoencoder.Decode(latents);
        var channelsLast = autoencoder.Decode(latents.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2));
        using var exact = autoencoder.to(float64);
        var expected = exact.Decode(latents.to(float64));
        Assert.Equal([1, 3, 256, 256], picture.shape);
        Assert.True(Error(picture) < 5e-5, $"relative error {Error(picture)}");
        Assert.True(channelsLast.is_contiguous() && Error(channelsLast) < 1e-4, $"relative error {Error(channelsLast)} with channels last");

        double Error(Tensor actual) => ((actual.to(float64) - expected).norm() / expected.norm()).item<double>();
    }

    [Fact]
    public void Attention_in_the_lowest_level_and_the_outer_convolutions_can_be_absent()
    {
        using var autoencoder = Create(Small with { MidBlockAddAttention = false, UseQuantConv = false, UsePostQuantConv = false });
        Assert.DoesNotContain(autoencoder.state_dict().Keys, name => name.Contains("attentions", StringComparison.Ordinal) || name.Contains("quant", StringComparison.Ordinal));
        using var inference = inference_mode();
        Assert.Equal([1, 3, 8, 8], autoencoder.call(randn([1, 3, 8, 8], generator: _noise)).shape);
    }

    [Fact]
    public void Log_variances_are_clamped_and_the_divergence_is_that_of_the_normal_distribution()
    {
        using var autoencoder = Create(Small);
        using (no_grad())
        {
            var bias = autoencoder.get_parameter("quant_conv.bias")!;
            bias[5] = 100f;
            bias[6] = -100f;
        }

        using var inference = inference_mode();
        var latents = autoencoder.Encode(randn([1, 3, 8, 8], generator: _noise));
        Assert.Equal(20, latents.LogVariance[0, 1].mean().item<float>());
        Assert.Equal(-30, latents.LogVariance[0, 2].mean().item<float>());

        var unit = new LatentDistribution(zeros(2, 4, 2, 2), zeros(2, 4, 2, 2));
        Assert.Equal([0f, 0f], unit.DivergenceFromNormal().data<float>().ToArray());
        var shifted = new LatentDistribution(ones(1, 1, 1, 1), full([1, 1, 1, 1], Math.Log(4)));
        Assert.Equal(0.5 * (1 + 4 - 1 - Math.Log(4)), shifted.DivergenceFromNormal().item<float>(), 1e-6);
        Assert.Equal(1 + (2 * 3), shifted.Sample(full([1, 1, 1, 1], 3f)).item<float>(), 1e-5);
    }

    [Fact]
    public void Gradients_reach_every_parameter_and_results_are_those_without_gradients()
    {
        using var autoencoder = Create(Small);
        var image = randn([2, 3, 16, 16], generator: _noise);
        var latents = autoencoder.Encode(image);
        var restored = autoencoder.Decode(latents.Sample(randn(latents.Mean.shape, generator: _noise)));
        (nn.functional.mse_loss(restored, image) + latents.DivergenceFromNormal().mean()).backward();
        var unreached = autoencoder.named_parameters().Where(entry => entry.parameter.grad is not { } grad || grad.abs().sum().item<float>() is 0 or float.NaN);
        Assert.Empty(unreached.Select(entry => entry.name));

        var expected = autoencoder.call(image).detach();
        using var inference = inference_mode();
        Assert.True(((autoencoder.call(image) - expected).norm() / expected.norm()).item<float>() < 2e-6);
    }

    private static AutoencoderKLConfig Read(string json) => AutoencoderKLConfig.Read(ConfigDocument.Parse(json, "vae/config.json"));

    private static AutoencoderKL Create(AutoencoderKLConfig config)
    {
        random.manual_seed(1);
        return new AutoencoderKL(config);
    }
}
