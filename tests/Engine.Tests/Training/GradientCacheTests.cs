using System.Globalization;
using System.Runtime.InteropServices;
using StableRep.Engine.Models;
using StableRep.Engine.Training;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Training;

public sealed class GradientCacheTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(23)]
    [InlineData(24)]
    public void Chunks_give_the_gradient_of_one_pass(int chunk)
    {
        using var scope = NewDisposeScope();
        using var whole = new Learner(24);
        using var chunked = new Learner(24);
        var expected = whole.Backward(0);
        var actual = chunked.Backward(chunk);
        Assert.Equal(expected.Total.item<float>(), actual.Total.item<float>(), 1e-5);
        var all = whole.Parameters.GradientNorm();
        foreach (var slice in whole.Parameters.Slices)
        {
            using var inner = NewDisposeScope();
            var reference = slice.Of(whole.Parameters.Gradients);
            var norm = reference.norm().item<float>();
            var error = (slice.Of(chunked.Parameters.Gradients) - reference).norm().item<float>();
            // What a batch norm takes away again, such as a shift of all features, has no gradient but rounding.
            Assert.True(error < (1e-5 * norm) + (1e-6 * all), $"{slice.Name}: {error:E2} of {norm:E2}");
        }

        var difference = ((chunked.Parameters.Gradients - whole.Parameters.Gradients).norm() / whole.Parameters.Gradients.norm()).item<float>();
        TestContext.Current.TestOutputHelper?.WriteLine($"chunk {chunk}: relative difference {difference:E2}");
        Assert.InRange(difference, 0, 1e-5);
        Assert.True(chunked.Projector.get_buffer("bn1.running_mean")!.allclose(whole.Projector.get_buffer("bn1.running_mean")!, atol: 1e-6));
    }

    [Fact]
    public void The_scale_multiplies_the_gradient_alone()
    {
        using var scope = NewDisposeScope();
        using var plain = new Learner(12);
        using var scaled = new Learner(12);
        var loss = plain.Backward(5).Total.item<float>();
        Assert.Equal(loss, scaled.Backward(5, scale: 64).Total.item<float>(), 1e-6);
        Assert.True(scaled.Parameters.Gradients.allclose(plain.Parameters.Gradients * 64, rtol: 1e-4, atol: 1e-5));
    }

    [Fact]
    public void Chunks_need_a_fraction_of_the_memory()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The peak of resident memory is read from /proc.");
        using var scope = NewDisposeScope();
        using var learner = new Learner(96, VisionTransformerConfig.Named("vit-pocket"));
        _ = Peak(() => learner.Backward(8));
        var chunked = Peak(() => learner.Backward(8));
        var whole = Peak(() => learner.Backward(0));
        TestContext.Current.TestOutputHelper?.WriteLine($"peak above rest, 96 images of 64 pixels: one pass {whole / 1e6:F0} MB, chunks of 8 {chunked / 1e6:F0} MB");
        Assert.True(chunked < 0.5 * whole, $"one pass {whole / 1e6:F0} MB, chunks {chunked / 1e6:F0} MB");
    }

    private static long Peak(Action work)
    {
        GC.Collect();
        ReturnFreeMemory();
        File.WriteAllText("/proc/self/clear_refs", "5");
        var before = Status("VmRSS");
        work();
        return Status("VmHWM") - before;
    }

    private static long Status(string key)
    {
        var line = File.ReadLines("/proc/self/status").Single(line => line.StartsWith(key + ":", StringComparison.Ordinal));
        return 1024 * long.Parse(line.AsSpan(key.Length + 1).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture);
    }

    // Freed memory that the allocator still holds would hide what the next work takes.
    private static void ReturnFreeMemory()
    {
        var library = NativeLibrary.Load("libc.so.6");
        _ = Marshal.GetDelegateForFunctionPointer<MallocTrim>(NativeLibrary.GetExport(library, "malloc_trim"))(0);
    }

    private delegate int MallocTrim(nuint pad);

    private sealed class Learner : IDisposable
    {
        private static readonly VisionTransformerConfig Small =
            new() { ImageSize = 16, PatchSize = 4, Width = 24, Depth = 2, Heads = 2, DropPathRate = 0.3 };

        private readonly VisionTransformer _encoder;
        private readonly Tensor _images;
        private readonly Tensor _sets;
        private readonly Tensor? _dropPath;

        public Learner(int count, VisionTransformerConfig? config = null)
        {
            config ??= Small;
            _encoder = new VisionTransformer(config, seed: 1);
            Projector = new Projector(config.Width, 32, 16, seed: 2);
            _images = randn(count, 3, config.ImageSize, config.ImageSize, generator: new Generator(3));
            _sets = arange(count / 2, dtype: ScalarType.Int64).repeat(2);
            _dropPath = _encoder.DrawDropPath(count, new Generator(4));
            Parameters = new FlatParameters([.. _encoder.named_parameters(), .. Projector.named_parameters().Select(item => ("projector." + item.name, item.parameter))]);
        }

        public Projector Projector { get; }

        public FlatParameters Parameters { get; }

        public MethodLoss Backward(int chunk, double scale = 1)
        {
            Parameters.ZeroGradients();
            var count = _images.shape[0];
            var part = new EncoderPart(count, (start, length) =>
                _encoder.Encode(_images.narrow(0, start, length), _dropPath?.narrow(1, start, length)));
            return GradientCache.Backward([part], Loss, chunk, scale);
        }

        public void Dispose()
        {
            _encoder.Dispose();
            Projector.Dispose();
            _images.Dispose();
            _sets.Dispose();
            _dropPath?.Dispose();
        }

        private MethodLoss Loss(IReadOnlyList<Tensor> features)
        {
            var half = _images.shape[0] / 2;
            var embeddings = Projector.forward(features[0], [half, half]);
            return MethodLoss.Of(ContrastiveLosses.MultiPositive(embeddings, _sets, 0.1), embeddings, _sets);
        }
    }
}
