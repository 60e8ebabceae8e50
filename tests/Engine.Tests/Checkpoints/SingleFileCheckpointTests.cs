using System.Text.Json;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Diffusion;
using StableRep.Engine.Models;
using StableRep.Engine.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Checkpoints;

public sealed class SingleFileCheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    [Fact]
    public void The_original_unet_of_stable_diffusion_1_maps_onto_every_name_and_shape_of_the_reference_once() => AssertMapsOnto(
        "sd15-unet", "unet", "model.diffusion_model.", LatentDiffusionLayout.UNet(320, [1, 2, 4, 4], [4, 2, 1], residualBlocks: 2, context: 768));

    [Fact]
    public void The_original_vae_of_stable_diffusion_1_maps_onto_every_name_and_shape_of_the_reference_once() =>
        AssertMapsOnto("sd15-vae", "vae", "first_stage_model.", LatentDiffusionLayout.Vae(128, [1, 2, 4, 4], residualBlocks: 2));

    [Theory]
    [InlineData("sd15-unet", "unet")]
    [InlineData("sd15-vae", "vae")]
    public void The_implied_configuration_is_the_published_one(string manifest, string component)
    {
        using var document = Manifest(manifest);
        using var checkpoint = SingleFileCheckpoint.Open(TinyCheckpoint());
        var (published, implied) = (ConfigDocument.Parse(document.RootElement.GetProperty("config").GetRawText(), "published"), checkpoint.Config(component));
        Assert.Equal(published.Keys.Order(), implied.Keys.Order());
        foreach (var property in document.RootElement.GetProperty("config").EnumerateObject())
        {
            Assert.True(JsonElement.DeepEquals(property.Value, implied.Element(property.Name)), property.Name);
        }
    }

    [Fact]
    public void A_checkpoint_in_the_original_names_gives_the_tensors_of_the_same_model_in_the_diffusers_layout()
    {
        using var checkpoint = OpenTiny(TinyCheckpoint());
        foreach (var component in new[] { "unet", "vae", "text_encoder" })
        {
            using var expected = TensorSources.OpenComponent(ParityCases.Path($"models/tiny-sd/{component}"));
            using var actual = checkpoint.Component(component);
            Assert.Equal(expected.Entries.Keys.Order(StringComparer.Ordinal), actual.Entries.Keys.Order(StringComparer.Ordinal));
            foreach (var (name, entry) in expected.Entries)
            {
                Assert.Equal(entry.Shape, actual.Entries[name].Shape);
                var value = expected.Read(name);
                Assert.True(actual.Read(name).Equals(value), name);
                var copied = zeros(value.shape);
                actual.CopyTo(name, copied);
                Assert.True(copied.Equals(value), name);
                var elsewhere = zeros([.. value.shape, 2]).select(-1, 0);
                actual.CopyTo(name, elsewhere);
                Assert.True(elsewhere.Equals(value), name);
            }
        }
    }

    [Fact]
    public void A_unet_and_a_vae_loaded_from_the_original_names_compute_what_the_diffusers_layout_gives()
    {
        using var noGrad = no_grad();
        using var checkpoint = OpenTiny(TinyCheckpoint());
        var latents = arange(4 * 8 * 8, ScalarType.Float32).view(1, 4, 8, 8).sin();
        var context = arange(77 * 32, ScalarType.Float32).view(1, 77, 32).cos();

        using var unet = new UNet2DConditionModel(UNet2DConditionConfig.Read(checkpoint.Config("unet")));
        AssertSameAfterLoading(unet, "unet", checkpoint, () => unet.forward(latents, tensor(new[] { 500L }), context));
        using var vae = new AutoencoderKL(AutoencoderKLConfig.Read(checkpoint.Config("vae")));
        AssertSameAfterLoading(vae, "vae", checkpoint, () => vae.Decode(latents));
    }

    [Fact]
    public void The_implied_configurations_are_those_of_components_that_are_there()
    {
        using var checkpoint = SingleFileCheckpoint.Open(TinyCheckpoint());
        Assert.Equal(768, ClipTextConfig.Read(checkpoint.Config("text_encoder")).Width);
        Assert.All(UNet2DConditionConfig.Read(checkpoint.Config("unet")).CrossAttentionDim, width => Assert.Equal(768, width));
        Assert.Equal(4, AutoencoderKLConfig.Read(checkpoint.Config("vae")).LatentChannels);
        Assert.NotNull(SchedulerFactory.Create(checkpoint.Config("scheduler")));
    }

    [Fact]
    public void A_tensor_without_a_counterpart_is_given_under_its_own_name()
    {
        using var checkpoint = OpenTiny(TinyCheckpoint(("model.diffusion_model.label_emb.0.0.weight", zeros(1)), ("first_stage_model.encoder.extra", zeros(1))));
        Assert.Contains("model.diffusion_model.label_emb.0.0.weight", checkpoint.Component("unet").Entries.Keys);
        Assert.Contains("first_stage_model.encoder.extra", checkpoint.Component("vae").Entries.Keys);
    }

    [Theory]
    [InlineData("conditioner.embedders.0.x", "Stable Diffusion XL")]
    [InlineData("cond_stage_model.model.transformer.resblocks.0.x", "Stable Diffusion 2.x")]
    [InlineData("lora_unet_down_blocks_0.alpha", "LoRA")]
    [InlineData("model.diffusion_model.double_blocks.0.x", "diffusion transformer")]
    [InlineData("decoder.conv_in.weight", "not a whole Stable Diffusion 1.x checkpoint")]
    public void Another_kind_of_checkpoint_is_refused_by_name(string tensor, string message)
    {
        var path = _folder.File("other.safetensors");
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { [tensor] = zeros(1) });
        Assert.Contains(message, Assert.Throws<CheckpointException>(() => SingleFileCheckpoint.Open(path)).Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    private static void AssertSameAfterLoading(nn.Module module, string component, SingleFileCheckpoint checkpoint, Func<Tensor> compute)
    {
        using var folder = TensorSources.OpenComponent(ParityCases.Path($"models/tiny-sd/{component}"));
        ModuleWeights.Load(module, folder);
        var expected = compute();
        foreach (var parameter in module.parameters())
        {
            parameter.zero_();
        }

        using var single = checkpoint.Component(component);
        ModuleWeights.Load(module, single);
        Assert.True(expected.abs().sum().item<float>() > 0);
        Assert.True(compute().Equals(expected));
    }

    private static JsonDocument Manifest(string name) => JsonDocument.Parse(File.ReadAllText(ParityCases.Path($"manifests/{name}.json")));

    private static SingleFileCheckpoint OpenTiny(string path)
    {
        static string Config(string path) => File.ReadAllText(ParityCases.Path($"models/tiny-sd/{path}"));
        return SingleFileCheckpoint.Over(
            SafetensorsFile.Open(path), Config("unet/config.json"), Config("vae/config.json"), Config("text_encoder/config.json"), Config("scheduler/scheduler_config.json"));
    }

    private static void AssertMapsOnto(string manifest, string component, string prefix, Dictionary<string, long[]> original)
    {
        var whole = original.ToDictionary(pair => prefix + pair.Key, pair => pair.Value);
        foreach (var other in new[] { "model.diffusion_model.x", "first_stage_model.x", "cond_stage_model.transformer.x" }.Where(name => !name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            whole[other] = [1];
        }

        whole["model_ema.diffusion_modelinput_blocks00weight"] = [1];
        whole["alphas_cumprod"] = [1000];
        using var checkpoint = SingleFileCheckpoint.Over(
            new ShapesOnly(whole), StableDiffusion1Configs.UNet, StableDiffusion1Configs.Vae, StableDiffusion1Configs.TextEncoder, StableDiffusion1Configs.Scheduler);
        using var document = Manifest(manifest);
        var expected = document.RootElement.GetProperty("tensors").EnumerateObject()
            .Select(tensor => $"{tensor.Name} [{string.Join(", ", tensor.Value.EnumerateArray())}]");
        var actual = checkpoint.Component(component).Entries.Select(pair => $"{pair.Key} [{string.Join(", ", pair.Value.Shape)}]");
        Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
    }

    // tiny-sd under the names that the original code would have given it: two levels of two residual blocks, attention on the first.
    private string TinyCheckpoint(params (string Name, Tensor Value)[] more)
    {
        var tensors = more.ToDictionary(tensor => tensor.Name, tensor => tensor.Value);
        Add("unet", "model.diffusion_model.", LatentDiffusionLayout.UNet(32, [1, 2], [1], residualBlocks: 2, context: 32), new()
        {
            ["time_embed.0"] = "time_embedding.linear_1",
            ["time_embed.2"] = "time_embedding.linear_2",
            ["input_blocks.0.0"] = "conv_in",
            ["input_blocks.1.0"] = "down_blocks.0.resnets.0",
            ["input_blocks.1.1"] = "down_blocks.0.attentions.0",
            ["input_blocks.2.0"] = "down_blocks.0.resnets.1",
            ["input_blocks.2.1"] = "down_blocks.0.attentions.1",
            ["input_blocks.3.0.op"] = "down_blocks.0.downsamplers.0.conv",
            ["input_blocks.4.0"] = "down_blocks.1.resnets.0",
            ["input_blocks.5.0"] = "down_blocks.1.resnets.1",
            ["middle_block.0"] = "mid_block.resnets.0",
            ["middle_block.1"] = "mid_block.attentions.0",
            ["middle_block.2"] = "mid_block.resnets.1",
            ["output_blocks.0.0"] = "up_blocks.0.resnets.0",
            ["output_blocks.1.0"] = "up_blocks.0.resnets.1",
            ["output_blocks.2.0"] = "up_blocks.0.resnets.2",
            ["output_blocks.2.1.conv"] = "up_blocks.0.upsamplers.0.conv",
            ["output_blocks.3.0"] = "up_blocks.1.resnets.0",
            ["output_blocks.3.1"] = "up_blocks.1.attentions.0",
            ["output_blocks.4.0"] = "up_blocks.1.resnets.1",
            ["output_blocks.4.1"] = "up_blocks.1.attentions.1",
            ["output_blocks.5.0"] = "up_blocks.1.resnets.2",
            ["output_blocks.5.1"] = "up_blocks.1.attentions.2",
            ["out.0"] = "conv_norm_out",
            ["out.2"] = "conv_out",
        });
        Add("vae", "first_stage_model.", LatentDiffusionLayout.Vae(16, [1, 2], residualBlocks: 1), new()
        {
            ["encoder.down.0.block.0"] = "encoder.down_blocks.0.resnets.0",
            ["encoder.down.1.block.0"] = "encoder.down_blocks.1.resnets.0",
            ["encoder.down.0.downsample"] = "encoder.down_blocks.0.downsamplers.0",
            ["encoder.mid.block_1"] = "encoder.mid_block.resnets.0",
            ["encoder.mid.attn_1"] = "encoder.mid_block.attentions.0",
            ["encoder.mid.block_2"] = "encoder.mid_block.resnets.1",
            ["encoder.norm_out"] = "encoder.conv_norm_out",
            ["decoder.up.1.block.0"] = "decoder.up_blocks.0.resnets.0",
            ["decoder.up.1.block.1"] = "decoder.up_blocks.0.resnets.1",
            ["decoder.up.0.block.0"] = "decoder.up_blocks.1.resnets.0",
            ["decoder.up.0.block.1"] = "decoder.up_blocks.1.resnets.1",
            ["decoder.up.1.upsample"] = "decoder.up_blocks.0.upsamplers.0",
            ["decoder.mid.block_1"] = "decoder.mid_block.resnets.0",
            ["decoder.mid.attn_1"] = "decoder.mid_block.attentions.0",
            ["decoder.mid.block_2"] = "decoder.mid_block.resnets.1",
            ["decoder.norm_out"] = "decoder.conv_norm_out",
        });
        using var text = TensorSources.OpenComponent(ParityCases.Path("models/tiny-sd/text_encoder"));
        foreach (var name in text.Entries.Keys)
        {
            tensors["cond_stage_model.transformer." + name] = text.Read(name);
        }

        tensors["cond_stage_model.transformer.text_model.embeddings.position_ids"] = arange(77).view(1, 77);
        tensors["model_ema.diffusion_modelout2bias"] = zeros(4);
        tensors["betas"] = zeros(1000);
        var path = _folder.File("tiny.safetensors");
        SafetensorsWriter.Write(path, tensors);
        return path;

        void Add(string component, string prefix, Dictionary<string, long[]> layout, Dictionary<string, string> blocks)
        {
            using var source = TensorSources.OpenComponent(ParityCases.Path($"models/tiny-sd/{component}"));
            Assert.Equal(source.Entries.Count, layout.Count);
            foreach (var (name, shape) in layout)
            {
                var block = blocks.Keys.SingleOrDefault(key => name.StartsWith(key + ".", StringComparison.Ordinal));
                var today = block is null ? name : blocks[block] + name[block.Length..];
                foreach (var (old, renewed) in Parts(component))
                {
                    today = today.Replace(old, renewed, StringComparison.Ordinal);
                }

                tensors[prefix + name] = source.Read(today).view(shape);
            }
        }

        static (string Old, string New)[] Parts(string component) => component == "unet"
            ?
            [
                (".in_layers.0.", ".norm1."), (".in_layers.2.", ".conv1."), (".emb_layers.1.", ".time_emb_proj."), (".out_layers.0.", ".norm2."),
                (".out_layers.3.", ".conv2."), (".skip_connection.", ".conv_shortcut."),
            ]
            :
            [
                (".nin_shortcut.", ".conv_shortcut."), ("attentions.0.norm.", "attentions.0.group_norm."), (".q.", ".to_q."), (".k.", ".to_k."),
                (".v.", ".to_v."), (".proj_out.", ".to_out.0."),
            ];
    }

    private sealed class ShapesOnly(Dictionary<string, long[]> shapes) : ITensorSource
    {
        public string Name => "shapes";

        public IReadOnlyDictionary<string, TensorEntry> Entries { get; } =
            shapes.ToDictionary(pair => pair.Key, pair => new TensorEntry(ScalarType.Float32, pair.Value));

        public IReadOnlyDictionary<string, string> Metadata { get; } = new Dictionary<string, string>();

        public Tensor Read(string name) => throw new NotSupportedException();

        public void CopyTo(string name, Tensor destination) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
