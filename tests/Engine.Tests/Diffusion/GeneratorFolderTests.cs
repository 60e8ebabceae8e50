using System.Text.Json.Nodes;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Diffusion;
using StableRep.Engine.Runtime;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Diffusion;

public sealed class GeneratorFolderTests
{
    private static readonly string One = ParityCases.Path("models/tiny-sd");

    [Fact]
    public void Load_gives_the_size_and_the_fitting_parts()
    {
        using var generator = GeneratorFolder.Load(One, ComputeDevice.Cpu);
        Assert.Equal(generator.UNet.Config.SampleSize * generator.Autoencoder.Config.Downscale, generator.ImageSize);
        Assert.Equal(generator.Tokenizer.MaxLength, generator.TextEncoder.Config.MaxLength);
        Assert.False(generator.UNet.training);
    }

    [Fact]
    public void The_hash_does_not_depend_on_how_the_weights_are_stored()
    {
        using var copy = new FolderCopy(One);
        Assert.Equal(GeneratorHash.OfFolder(One), GeneratorHash.OfFolder(copy.Path));

        // In another order, with metadata, as two shards.
        Dictionary<string, Tensor> tensors;
        using (var source = TensorSources.OpenComponent(copy.File("text_encoder")))
        {
            tensors = source.Entries.Keys.Reverse().ToDictionary(name => name, source.Read);
        }

        File.Delete(copy.File("text_encoder/model.safetensors"));
        var half = tensors.Count / 2;
        SafetensorsWriter.Write(copy.File("text_encoder/model-00001-of-00002.safetensors"), tensors.Take(half).ToDictionary());
        SafetensorsWriter.Write(copy.File("text_encoder/model-00002-of-00002.safetensors"), tensors.Skip(half).ToDictionary());
        var map = new JsonObject(tensors.Keys.Select((name, i) =>
            KeyValuePair.Create(name, (JsonNode?)$"model-0000{(i < half ? 1 : 2)}-of-00002.safetensors")));
        File.WriteAllText(copy.File("text_encoder/model.safetensors.index.json"), new JsonObject { ["metadata"] = new JsonObject(), ["weight_map"] = map }.ToJsonString());
        Assert.Equal(GeneratorHash.OfFolder(One), GeneratorHash.OfFolder(copy.Path));

        using var loaded = GeneratorFolder.Load(copy.Path, ComputeDevice.Cpu);
        Assert.Equal(GeneratorHash.OfFolder(One), loaded.Hash);
    }

    [Fact]
    public void The_hash_changes_with_a_weight_a_setting_or_a_token()
    {
        var hashes = new HashSet<string> { GeneratorHash.OfFolder(One) };
        Assert.True(hashes.Add(Changed(copy => copy.EditWeights("vae", tensors => tensors["decoder.conv_in.bias"][0] += 1e-3f))));
        Assert.True(hashes.Add(Changed(copy => copy.Edit("text_encoder/config.json", text => text.Replace("quick_gelu", "gelu", StringComparison.Ordinal)))));
        Assert.True(hashes.Add(Changed(copy => copy.Edit("scheduler/scheduler_config.json", text => text.Replace("0.012", "0.02", StringComparison.Ordinal)))));
        Assert.True(hashes.Add(Changed(copy => copy.Edit("tokenizer/merges.txt", text => text + "\n"))));

        static string Changed(Action<FolderCopy> change)
        {
            using var copy = new FolderCopy(One);
            change(copy);
            return GeneratorHash.OfFolder(copy.Path);
        }
    }

    [Theory]
    [InlineData("text_encoder/config.json", "\"max_position_embeddings\": 77", "\"max_position_embeddings\": 70", "position_embedding")]
    [InlineData("model_index.json", "CLIPTextModel", "T5EncoderModel", "T5EncoderModel")]
    [InlineData("scheduler/scheduler_config.json", "\"steps_offset\": 1", "\"steps_offset\": 1, \"mystery\": 2", "mystery")]
    [InlineData("unet/config.json", "\"cross_attention_dim\": 32", "\"cross_attention_dim\": 48", "to_k")]
    public void A_folder_whose_parts_do_not_fit_is_an_error_that_says_where(string file, string old, string changed, string expected)
    {
        using var copy = new FolderCopy(One);
        copy.Edit(file, text => text.Contains(old, StringComparison.Ordinal) ? text.Replace(old, changed, StringComparison.Ordinal) : throw new InvalidOperationException($"{old} is not in {text}"));
        var message = Assert.Throws<CheckpointException>(() =>
        {
            using var generator = GeneratorFolder.Load(copy.Path, ComputeDevice.Cpu);
            _ = generator.Hash;
        }).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    private sealed class FolderCopy : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public FolderCopy(string source)
        {
            foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
            {
                var target = File(System.IO.Path.GetRelativePath(source, file));
                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
                System.IO.File.Copy(file, target);
            }
        }

        public string Path => _folder.Path;

        public string File(string name) => _folder.File(name);

        public void Edit(string name, Func<string, string> edit) => System.IO.File.WriteAllText(File(name), edit(System.IO.File.ReadAllText(File(name))));

        public void EditWeights(string component, Action<Dictionary<string, Tensor>> edit)
        {
            using var scope = NewDisposeScope();
            Dictionary<string, Tensor> tensors;
            string path;
            using (var source = TensorSources.OpenComponent(File(component)))
            {
                tensors = source.Entries.Keys.ToDictionary(name => name, source.Read);
                path = source.Name;
            }

            edit(tensors);
            SafetensorsWriter.Write(path, tensors);
        }

        public void Dispose() => _folder.Dispose();
    }
}
