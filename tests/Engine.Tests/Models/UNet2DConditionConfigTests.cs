using System.Text.Json.Nodes;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Models;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Models;

public sealed class UNet2DConditionConfigTests
{
    [Theory]
    [InlineData(StableDiffusionConfigs.UNet15, 686, 859_520_964)]
    [InlineData(StableDiffusionConfigs.UNet21, 686, 865_910_724)]
    public void A_public_checkpoints_config_gives_its_number_of_parameters(string json, int tensors, long parameters)
    {
        using var unet = new UNet2DConditionModel(Read(json), META);
        var manifest = ModuleWeights.Manifest(unet);
        Assert.Equal(tensors, manifest.Count);
        Assert.Equal(parameters, manifest.Values.Sum(shape => shape.Aggregate(1L, (product, size) => product * size)));
    }

    [Fact]
    public void Stable_diffusion_2_differs_from_1_in_heads_and_projections()
    {
        var config = Read(StableDiffusionConfigs.UNet21);
        Assert.Equal([5, 10, 20, 20], config.AttentionHeads);
        Assert.Equal(96, config.SampleSize);
        using var unet = new UNet2DConditionModel(config, META);
        var manifest = ModuleWeights.Manifest(unet);
        Assert.Equal([320L, 320L], manifest["down_blocks.0.attentions.0.proj_in.weight"]);
        Assert.Equal([1280L, 1024L], manifest["mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight"]);
    }

    [Fact]
    public void Read_overlooks_what_a_moving_average_of_weights_leaves_in_a_config()
    {
        var json = JsonNode.Parse(StableDiffusionConfigs.UNet15)!.AsObject();
        foreach (var (key, value) in new (string, JsonNode)[] { ("decay", 0.9999), ("inv_gamma", 1.0), ("optimization_step", 37000), ("power", 0.75), ("use_ema_warmup", true) })
        {
            json[key] = value;
        }

        Assert.Equal([320, 640, 1280, 1280], Read(json.ToJsonString()).BlockOutChannels);
    }

    [Theory]
    [InlineData("class_embed_type", "\"timestep\"")]
    [InlineData("num_class_embeds", "1000")]
    [InlineData("addition_embed_type", "\"text_time\"")]
    [InlineData("encoder_hid_dim", "4096")]
    [InlineData("only_cross_attention", "[true, true, true, false]")]
    [InlineData("mid_block_type", "\"UNetMidBlock2DSimpleCrossAttn\"")]
    [InlineData("mid_block_type", "null")]
    [InlineData("time_embedding_type", "\"fourier\"")]
    [InlineData("time_cond_proj_dim", "256")]
    [InlineData("dual_cross_attention", "true")]
    [InlineData("resnet_skip_time_act", "true")]
    [InlineData("act_fn", "\"tanh\"")]
    [InlineData("norm_num_groups", "48")]
    [InlineData("down_block_types", "[\"AttnDownBlock2D\", \"DownBlock2D\", \"DownBlock2D\", \"DownBlock2D\"]")]
    [InlineData("block_out_channels", "[320, 640]")]
    [InlineData("attention_head_dim", "[8, 8]")]
    [InlineData("a_key_of_the_future", "3")]
    public void Read_refuses_what_the_model_has_no_code_for_and_names_file_and_key(string key, string value)
    {
        var json = JsonNode.Parse(StableDiffusionConfigs.UNet15)!.AsObject();
        json[key] = JsonNode.Parse(value);
        var error = Assert.Throws<CheckpointException>(() => Read(json.ToJsonString()));
        Assert.Contains("unet/config.json", error.Message, StringComparison.Ordinal);
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StableDiffusionConfigs.UNet15)]
    [InlineData(StableDiffusionConfigs.UNet21)]
    public void A_written_config_reads_back_the_same(string json)
    {
        var written = Read(json).ToJson();
        Assert.True(JsonNode.DeepEquals(written, Read(written.ToJsonString()).ToJson()));
    }

    private static UNet2DConditionConfig Read(string json) => UNet2DConditionConfig.Read(ConfigDocument.Parse(json, "unet/config.json"));
}
