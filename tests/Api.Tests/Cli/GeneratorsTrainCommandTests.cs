using System.CommandLine;
using StableRep.Api.Cli;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Diffusion;
using StableRep.Engine.Models;
using StableRep.Engine.Runtime;

namespace StableRep.Api.Tests.Cli;

public sealed class GeneratorsTrainCommandTests : IDisposable
{
    private const string Tiny =
        """
        {
          "image_size": 16,
          "vocabulary": { "size": 540, "maximum_length": 16 },
          "vae": { "_class_name": "AutoencoderKL", "block_out_channels": [4], "latent_channels": 3, "norm_num_groups": 2 },
          "text_encoder": {
            "architectures": ["CLIPTextModel"], "model_type": "clip_text_model", "hidden_size": 8, "intermediate_size": 16,
            "num_hidden_layers": 1, "num_attention_heads": 2, "projection_dim": 8
          },
          "unet": {
            "_class_name": "UNet2DConditionModel", "in_channels": 3, "out_channels": 3, "block_out_channels": [4, 4], "layers_per_block": 1,
            "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"], "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
            "attention_head_dim": 2, "cross_attention_dim": 8, "norm_num_groups": 2
          },
          "scheduler": { "_class_name": "DDIMScheduler", "beta_schedule": "squaredcos_cap_v2", "prediction_type": "v_prediction", "clip_sample": false },
          "vae_training": { "images": 8, "steps": 2, "batch_size": 4, "learning_rate": 1e-3 },
          "denoiser_training": { "images": 8, "steps": 40, "batch_size": 4, "learning_rate": 1e-3 },
          "samples": { "prompts": ["a red car"], "images_per_prompt": 2, "steps": 2 }
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("train-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Train_makes_a_generator_from_scenes_and_continues_one_on_a_folder_of_shards()
    {
        var (recipe, first, second, shards) = (At("tiny.json"), At("first"), At("second"), At("shards"));
        await File.WriteAllTextAsync(recipe, Tiny, TestContext.Current.CancellationToken);
        var (code, output, error) = await RunAsync("generators", "train", "--out", first, "--recipe", recipe, "--steps", "20", "--device", "cpu");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("denoiser 20 of 20 steps", output, StringComparison.Ordinal);
        Assert.True(File.Exists(At("first.training/pictures/samples-0000020.png")));
        Assert.Contains("denoiser/loss,20,", await File.ReadAllTextAsync(At("first.training/metrics.csv"), TestContext.Current.CancellationToken), StringComparison.Ordinal);

        Assert.Equal(0, (await RunAsync("scenes", "export", "scenes-real", shards, "--captions", "6", "--images", "2", "--size", "16")).Code);
        (code, _, error) = await RunAsync("generators", "train", "--out", second, "--init", first, "--data", shards, "--steps", "3", "--max-minutes", "0", "--device", "cpu");
        Assert.Equal((0, ""), (code, error));
        using var generator = GeneratorFolder.Load(second, ComputeDevice.Cpu);
        Assert.Equal(16, generator.ImageSize);
    }

    [Fact]
    public async Task Widen_writes_a_generator_of_twice_the_channels_that_loads_and_never_over_another()
    {
        var (recipe, narrow, wide) = (At("tiny.json"), At("narrow"), At("wide"));
        await File.WriteAllTextAsync(recipe, Tiny, TestContext.Current.CancellationToken);
        Assert.Equal(0, (await RunAsync("generators", "train", "--out", narrow, "--recipe", recipe, "--steps", "1", "--device", "cpu")).Code);
        Assert.Equal((0, "", ""), await RunAsync("generators", "widen", narrow, "--out", wide));
        var config = UNet2DConditionConfig.Read(ConfigDocument.Load(Path.Combine(wide, "unet", "config.json")));
        Assert.Equal([8, 8], config.BlockOutChannels);
        using (var generator = GeneratorFolder.Load(wide, ComputeDevice.Cpu))
        {
            Assert.Equal(16, generator.ImageSize);
        }

        var (code, _, error) = await RunAsync("generators", "widen", narrow, "--out", wide);
        Assert.Equal(1, code);
        Assert.Contains($"{wide} exists", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-such-folder", "nor a folder that holds .tar files")]
    public async Task Train_on_what_is_not_there_says_what_to_give(string data, string message)
    {
        var (code, _, error) = await RunAsync("generators", "train", "--out", At("x"), "--data", data, "--device", "cpu");
        Assert.Equal(1, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        var code = await StudioCommand.Create().Parse(arguments)
            .InvokeAsync(new InvocationConfiguration { Output = output, Error = error }, TestContext.Current.CancellationToken);
        return (code, output.ToString(), error.ToString());
    }

    private string At(string name) => Path.Combine(_folder, name);
}
