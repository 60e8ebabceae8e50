using StableRep.Engine.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Checkpoints;

public sealed class ModuleWeightsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    [Fact]
    public void Collect_then_Load_copies_parameters_and_buffers_into_another_module()
    {
        using var first = new Block(4);
        using var second = new Block(4);
        first.norm.running_mean!.fill_(3);
        first.norm.num_batches_tracked!.fill_(7);
        using var file = Save(ModuleWeights.Collect(first));
        ModuleWeights.Load(second, file);
        Assert.Equal(ModuleWeights.Manifest(first).Keys, ModuleWeights.Manifest(second).Keys);
        foreach (var (name, value) in first.state_dict())
        {
            Assert.True(second.state_dict()[name].Equals(value), name);
        }

        Assert.Equal(7, second.norm.num_batches_tracked!.item<long>());
        Assert.True(second.proj.weight.requires_grad);
    }

    [Fact]
    public void Load_converts_to_the_modules_type()
    {
        using var module = new Block(4);
        var tensors = ModuleWeights.Collect(module);
        var expected = tensors["proj.weight"].to(ScalarType.Float16).to(ScalarType.Float32);
        tensors["proj.weight"] = tensors["proj.weight"].to(ScalarType.Float16);
        using var file = Save(tensors);
        ModuleWeights.Load(module, file);
        Assert.Equal(ScalarType.Float32, module.proj.weight.dtype);
        Assert.True(module.proj.weight.Equals(expected));
    }

    [Fact]
    public void Load_lists_missing_unexpected_and_misshapen_names_at_once_and_changes_nothing()
    {
        using var module = new Block(4);
        var before = module.proj.weight.clone();
        var tensors = ModuleWeights.Collect(module);
        tensors["proj.weight"] = zeros(4, 4);
        tensors["proj.bias"] = zeros(1);
        tensors["norm.num_batches_tracked"] = zeros([]);
        tensors["stranger"] = zeros(1);
        Assert.True(tensors.Remove("norm.weight"));
        using var file = Save(tensors);
        var message = Assert.Throws<CheckpointException>(() => ModuleWeights.Load(module, file)).Message;
        Assert.Equal(
            $"{file.Name} does not fit Block: 1 missing (norm.weight); 1 unexpected (stranger); " +
            "2 of the wrong shape or type (norm.num_batches_tracked Float32 instead of Int64, proj.bias [1] instead of [4]).",
            message);
        Assert.True(module.proj.weight.Equals(before));
    }

    [Fact]
    public void Load_lists_no_more_than_ten_names_of_a_kind()
    {
        using var module = new Block(4);
        var tensors = ModuleWeights.Collect(module);
        for (var i = 0; i < 25; i++)
        {
            tensors[$"extra{i:00}"] = zeros(1);
        }

        using var file = Save(tensors);
        var message = Assert.Throws<CheckpointException>(() => ModuleWeights.Load(module, file)).Message;
        Assert.Contains("25 unexpected (extra00, ", message, StringComparison.Ordinal);
        Assert.Contains("extra09, and 15 more)", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_with_rename_maps_drops_and_refuses_doubles()
    {
        using var module = new Block(4);
        var tensors = ModuleWeights.Collect(module).ToDictionary(pair => "model." + pair.Key, pair => pair.Value);
        tensors["ema.proj.weight"] = zeros(1);
        using var file = Save(tensors);
        ModuleWeights.Load(module, file, name => name.StartsWith("model.", StringComparison.Ordinal) ? name[6..] : null);
        var message = Assert.Throws<CheckpointException>(() => ModuleWeights.Load(module, file, _ => "proj.weight")).Message;
        Assert.Contains("doubled", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_into_a_module_without_memory_is_refused()
    {
        using var source = new Block(4);
        using var file = Save(ModuleWeights.Collect(source));
        using var module = nn.Linear(4, 4, device: META);
        Assert.Throws<InvalidOperationException>(() => ModuleWeights.Load(module, file, name => name.Replace("proj.", "", StringComparison.Ordinal)));
    }

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    private SafetensorsFile Save(Dictionary<string, Tensor> tensors)
    {
        var path = _folder.File("weights.safetensors");
        SafetensorsWriter.Write(path, tensors);
        return SafetensorsFile.Open(path);
    }

#pragma warning disable IDE1006, CA1051 // Fields carry the checkpoint's names.
    private sealed class Block : nn.Module<Tensor, Tensor>
    {
        public readonly TorchSharp.Modules.Linear proj;
        public readonly TorchSharp.Modules.BatchNorm1d norm;

        public Block(int width)
            : base(nameof(Block))
        {
            proj = nn.Linear(width, width);
            norm = nn.BatchNorm1d(width);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => norm.forward(proj.forward(input));
    }
#pragma warning restore IDE1006, CA1051
}
