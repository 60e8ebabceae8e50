using StableRep.Engine.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Checkpoints;

public sealed class TensorSourcesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    [Theory]
    [InlineData(null, 1, "model.safetensors", "model.fp16.safetensors", "model.non_ema.safetensors")]
    [InlineData("fp16", 2, "model.safetensors", "model.fp16.safetensors", "model.non_ema.safetensors")]
    [InlineData("non_ema", 3, "model.safetensors", "model.fp16.safetensors", "model.non_ema.safetensors")]
    [InlineData(null, 1, "diffusion_pytorch_model.fp16.safetensors")]
    [InlineData(null, 1, "pytorch_model.safetensors")]
    public void OpenComponent_takes_the_file_of_the_variant(string? variant, int value, params string[] files)
    {
        foreach (var (index, file) in files.Index())
        {
            Write(file, ("x", tensor(index + 1)));
        }

        using var source = TensorSources.OpenComponent(_folder.Path, variant);
        Assert.Equal(value, source.Read("x").item<int>());
    }

    [Fact]
    public void OpenComponent_of_a_variant_that_is_not_there_lists_those_that_are()
    {
        Write("model.safetensors", ("x", zeros(1)));
        Write("model.fp16.safetensors", ("x", zeros(1)));
        var message = Assert.Throws<CheckpointException>(() => TensorSources.OpenComponent(_folder.Path, "bf16")).Message;
        Assert.EndsWith("no weights of the variant 'bf16'; there are weights of: fp16, no variant.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenComponent_with_several_variants_and_no_plain_weights_asks_for_one()
    {
        Write("model.fp16.safetensors", ("x", zeros(1)));
        Write("model.bf16.safetensors", ("x", zeros(1)));
        Assert.Contains(
            "there are weights of: bf16, fp16", Assert.Throws<CheckpointException>(() => TensorSources.OpenComponent(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenComponent_of_pickled_weights_alone_says_why_they_are_refused()
    {
        File.WriteAllText(_folder.File("pytorch_model.bin"), "PK");
        Assert.Contains("runs whatever code it holds", Assert.Throws<CheckpointException>(() => TensorSources.OpenComponent(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenComponent_of_an_empty_or_missing_folder_says_so()
    {
        Assert.Contains("there are no weights: looked for", Assert.Throws<CheckpointException>(() => TensorSources.OpenComponent(_folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("no such folder", Assert.Throws<CheckpointException>(() => TensorSources.OpenComponent(_folder.File("no"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.safetensors.index.json", null)]
    [InlineData("diffusion_pytorch_model.safetensors.index.fp16.json", "fp16")]
    [InlineData("diffusion_pytorch_model.fp16.safetensors.index.json", "fp16")]
    public void OpenComponent_reads_shards_through_their_index(string index, string? variant)
    {
        Write("model-00001-of-00002.safetensors", ("a", ones(2)), ("b", ones(3)));
        Write("model-00002-of-00002.safetensors", ("c", arange(4)));
        WriteIndex(index, ("a", "model-00001-of-00002.safetensors"), ("b", "model-00001-of-00002.safetensors"), ("c", "model-00002-of-00002.safetensors"));
        using var source = TensorSources.OpenComponent(_folder.Path, variant);
        Assert.Equal(["a", "b", "c"], source.Entries.Keys.Order());
        Assert.True(source.Read("c").Equals(arange(4)));
        var destination = zeros(3);
        source.CopyTo("b", destination);
        Assert.True(destination.Equals(ones(3)));
        Assert.Contains("no tensor 'd'", Assert.Throws<CheckpointException>(() => source.Read("d")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("b", "1.safetensors", "tensor 'b' should be in 1.safetensors and is not")]
    [InlineData("b", "2.safetensors", "no such file")]
    [InlineData("b", "../1.safetensors", "does not name a file of the same folder")]
    [InlineData("b", "..", "does not name a file of the same folder")]
    [InlineData("b", "/etc/passwd", "does not name a file of the same folder")]
    public void OpenComponent_with_an_index_that_does_not_fit_its_shards_names_the_tensor_or_file(string tensor, string file, string message)
    {
        Write("1.safetensors", ("a", ones(2)));
        WriteIndex("model.safetensors.index.json", ("a", "1.safetensors"), (tensor, file));
        Assert.Contains(message, Assert.Throws<CheckpointException>(() => TensorSources.OpenComponent(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenComponent_with_a_tensor_that_the_index_does_not_list_is_refused()
    {
        Write("1.safetensors", ("a", ones(2)), ("stray", ones(2)));
        WriteIndex("model.safetensors.index.json", ("a", "1.safetensors"));
        Assert.Contains("'stray' is not listed", Assert.Throws<CheckpointException>(() => TensorSources.OpenComponent(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenComponent_gives_obsolete_names_as_todays()
    {
        Write(
            "model.safetensors",
            ("encoder.mid_block.attentions.0.query.weight", tensor(1)), ("encoder.mid_block.attentions.0.key.bias", tensor(2)),
            ("encoder.mid_block.attentions.0.value.weight", tensor(3)), ("encoder.mid_block.attentions.0.proj_attn.bias", tensor(4)),
            ("encoder.mid_block.attentions.0.group_norm.bias", tensor(5)), ("text_model.embeddings.position_ids", arange(77)));
        using var source = TensorSources.OpenComponent(_folder.Path);
        const string block = "encoder.mid_block.attentions.0.";
        Assert.Equal([block + "group_norm.bias", block + "to_k.bias", block + "to_out.0.bias", block + "to_q.weight", block + "to_v.weight"], source.Entries.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(4, source.Read(block + "to_out.0.bias").item<int>());
    }

    [Fact]
    public void OpenComponent_with_an_obsolete_and_todays_name_of_one_tensor_is_refused()
    {
        Write("model.safetensors", ("a.attentions.0.query.weight", zeros(1)), ("a.attentions.0.to_q.weight", zeros(1)));
        Assert.Contains("are both 'a.attentions.0.to_q.weight'", Assert.Throws<CheckpointException>(() => TensorSources.OpenComponent(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ModelIndex_lists_the_components_that_are_there()
    {
        var index = ModelIndex.Load(ParityCases.Path("models/tiny-sd"));
        Assert.Equal("StableDiffusionPipeline", index.ClassName);
        Assert.Equal(["scheduler", "text_encoder", "tokenizer", "unet", "vae"], index.Components.Keys.Order());
        Assert.Equal(ParityCases.Path("models/tiny-sd/unet"), index.Component("unet", "UNet2DConditionModel"));
        Assert.Contains("supported: AutoencoderKL", Assert.Throws<CheckpointException>(() => index.Component("unet", "AutoencoderKL")).Message, StringComparison.Ordinal);
        Assert.Contains("no component 'safety_checker'", Assert.Throws<CheckpointException>(() => index.Component("safety_checker")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ModelIndex_with_a_component_outside_its_folder_is_refused()
    {
        File.WriteAllText(_folder.File(ModelIndex.FileName), """{"_class_name":"X","../unet":["diffusers","UNet2DConditionModel"]}""");
        Assert.Contains("'../unet' does not name a folder", Assert.Throws<CheckpointException>(() => ModelIndex.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    private void Write(string file, params (string Name, Tensor Value)[] tensors) =>
        SafetensorsWriter.Write(_folder.File(file), tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Value));

    private void WriteIndex(string file, params (string Tensor, string File)[] map)
    {
        var entries = string.Join(",", map.Select(pair => $"\"{pair.Tensor}\":\"{pair.File}\""));
        File.WriteAllText(_folder.File(file), $$$"""{"metadata":{"total_size":1},"weight_map":{{{{entries}}}}}""");
    }
}
