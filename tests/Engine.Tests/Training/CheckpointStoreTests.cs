using StableRep.Engine.Checkpoints;
using StableRep.Engine.Training;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Training;

public sealed class CheckpointStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_newest_checkpoints_are_kept_and_give_back_tensors_and_state()
    {
        using var scope = NewDisposeScope();
        var store = new CheckpointStore(_folder.Path, keep: 2);
        foreach (var step in new long[] { 5, 10, 100 })
        {
            store.Save(step, new State("run", 0.1 * step), Parts(step));
        }

        Assert.Equal(["step-000000010", "step-000000100"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order());
        var latest = store.Latest()!;
        Assert.Equal(100, latest.Step);
        Assert.Equal(new State("run", 0.1 * 100), latest.State<State>());
        using var source = latest.Open("model");
        Assert.Equal(100, source.Read("w")[0].item<float>());
        Assert.True(latest.Has("model"));
        Assert.False(latest.Has("average"));
    }

    [Fact]
    public void A_checkpoint_of_the_same_step_is_replaced()
    {
        using var scope = NewDisposeScope();
        var store = new CheckpointStore(_folder.Path);
        store.Save(5, new State("first", 1), Parts(1));
        store.Save(5, new State("second", 2), Parts(2));
        Assert.Equal("second", store.Latest()!.State<State>().Name);
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void What_a_killed_writer_left_is_ignored_and_cleared_away()
    {
        using var scope = NewDisposeScope();
        var store = new CheckpointStore(_folder.Path);
        store.Save(5, new State("whole", 1), Parts(1));
        var leftover = Directory.CreateDirectory(Path.Combine(_folder.Path, ".step-000000006.0123")).FullName;
        File.WriteAllText(Path.Combine(leftover, "model.safetensors"), "half");
        Assert.Equal(5, store.Latest()!.Step);
        store.Save(7, new State("next", 1), Parts(1));
        Assert.False(Directory.Exists(leftover));
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("state.json")]
    public void Damage_to_the_newest_falls_back_to_the_one_before(string file)
    {
        using var scope = NewDisposeScope();
        var store = new CheckpointStore(_folder.Path);
        store.Save(5, new State("good", 1), Parts(1));
        var newest = store.Save(6, new State("bad", 1), Parts(1));
        using (var stream = File.OpenWrite(Path.Combine(newest, file)))
        {
            stream.SetLength(stream.Length - 3);
        }

        var told = new List<string>();
        Assert.Equal(5, store.Latest(told.Add)!.Step);
        Assert.Contains(Path.Combine("step-000000006", file), Assert.Single(told), StringComparison.Ordinal);
        Directory.Delete(Path.Combine(_folder.Path, "step-000000005"), recursive: true);
        Assert.Contains("All checkpoints in", Assert.Throws<CheckpointException>(() => store.Latest()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failing_write_leaves_the_earlier_checkpoints()
    {
        using var scope = NewDisposeScope();
        var store = new CheckpointStore(_folder.Path);
        store.Save(5, new State("good", 1), Parts(1));
        var disposed = zeros(3);
        disposed.Dispose();
        Assert.ThrowsAny<Exception>(() => store.Save(6, new State("bad", 1), new Dictionary<string, IReadOnlyDictionary<string, Tensor>>
        {
            ["model"] = new Dictionary<string, Tensor> { ["w"] = disposed },
        }));
        Assert.Equal("step-000000005", Path.GetFileName(Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Path))));
    }

    [Fact]
    public void Optimizer_and_average_go_on_from_a_checkpoint_bit_by_bit()
    {
        using var scope = NewDisposeScope();
        var store = new CheckpointStore(_folder.Path);
        using var whole = new Run();
        whole.Train(0, 9);
        using (var begun = new Run())
        {
            begun.Train(0, 4);
            store.Save(4, new State("run", 1), new Dictionary<string, IReadOnlyDictionary<string, Tensor>>
            {
                ["model"] = ModuleWeights.Collect(begun.Network),
                ["optimizer"] = begun.Optimizer.Collect(),
                ["average"] = begun.Average.Collect(),
            });
        }

        using var resumed = new Run();
        var checkpoint = store.Latest()!;
        using (var model = checkpoint.Open("model"))
        using (var optimizer = checkpoint.Open("optimizer"))
        using (var average = checkpoint.Open("average"))
        {
            ModuleWeights.Load(resumed.Network, model);
            resumed.Optimizer.Load(optimizer);
            resumed.Average.Load(average);
        }

        resumed.Train(4, 9);
        Assert.Equal(9, resumed.Optimizer.Steps);
        Assert.True(resumed.Parameters.Values.SameAs(whole.Parameters.Values));
        foreach (var (name, value) in whole.Average.Collect())
        {
            Assert.True(resumed.Average.Collect()[name].SameAs(value), name);
        }
    }

    private static Dictionary<string, IReadOnlyDictionary<string, Tensor>> Parts(long value) =>
        new() { ["model"] = new Dictionary<string, Tensor> { ["w"] = full(4, value, dtype: ScalarType.Float32) } };

    private sealed record State(string Name, double Value);

    private sealed class Run : IDisposable
    {
        public Run()
        {
            Network = nn.Linear(7, 3);
            using (no_grad())
            {
                Network.weight!.copy_(randn(3, 7, generator: new Generator(1)));
                Network.bias!.fill_(0.5);
            }

            Parameters = new FlatParameters(Network);
            Optimizer = new AdamW(Parameters);
            Average = new ExponentialMovingAverage(Parameters, 0.9);
        }

        public TorchSharp.Modules.Linear Network { get; }

        public FlatParameters Parameters { get; }

        public AdamW Optimizer { get; }

        public ExponentialMovingAverage Average { get; }

        public void Train(int from, int to)
        {
            for (var step = from; step < to; step++)
            {
                using var scope = NewDisposeScope();
                Parameters.ZeroGradients();
                Network.forward(randn(5, 7, generator: new Generator((ulong)step))).square().sum().backward();
                Optimizer.Step(0.01);
                Average.Update();
            }
        }

        public void Dispose()
        {
            Average.Dispose();
            Optimizer.Dispose();
            Parameters.Dispose();
        }
    }
}
