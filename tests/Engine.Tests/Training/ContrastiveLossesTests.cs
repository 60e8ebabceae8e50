using StableRep.Engine.Training;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Training;

public sealed class ContrastiveLossesTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.1)]
    [InlineData(0.01)]
    public void MultiPositive_of_ragged_sets_equals_its_definition(double temperature)
    {
        using var scope = NewDisposeScope();
        long[] sets = [3, 7, 3, 3, 9, 7, 1];
        var features = randn(7, 5, generator: new Generator(4));
        var result = ContrastiveLosses.MultiPositive(features, tensor(sets), temperature);
        var unit = nn.functional.normalize(features.to(ScalarType.Float64), dim: 1);
        var similarity = unit.matmul(unit.t()).div(temperature).data<double>().ToArray();
        var (sum, hits) = (0.0, 0);
        for (var i = 0; i < 7; i++)
        {
            var others = Enumerable.Range(0, 7).Where(j => j != i).ToList();
            var positives = others.Where(j => sets[j] == sets[i]).ToList();
            var top = others.Max(j => similarity[(i * 7) + j]);
            var normalizer = top + Math.Log(others.Sum(j => Math.Exp(similarity[(i * 7) + j] - top)));
            var row = positives.Count == 0 ? 0 : positives.Average(j => normalizer - similarity[(i * 7) + j]);
            Assert.Equal(row, result.Rows[i].item<float>(), 1e-5 * Math.Max(1, row));
            sum += row;
            hits += positives.Contains(others.MaxBy(j => similarity[(i * 7) + j])) ? 1 : 0;
        }

        Assert.Equal(sum / 7, result.Loss.item<float>(), 1e-5 * Math.Max(1, sum / 7));
        Assert.Equal(hits / 5.0, result.Accuracy.item<float>(), 1e-6);
    }

    [Fact]
    public void MultiPositive_at_a_very_low_temperature_has_finite_gradients()
    {
        using var scope = NewDisposeScope();
        var features = randn(12, 4, generator: new Generator(1)).requires_grad_();
        var result = ContrastiveLosses.MultiPositive(features, arange(6).repeat(2), 1e-3);
        result.Loss.backward();
        Assert.True(double.IsFinite(result.Loss.item<float>()));
        Assert.True(features.grad!.isfinite().all().item<bool>());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void MultiPositive_without_any_positive_is_zero_and_trains_nothing(int rows)
    {
        using var scope = NewDisposeScope();
        var features = randn(rows, 4, generator: new Generator(1)).requires_grad_();
        var result = ContrastiveLosses.MultiPositive(features, arange(rows), 0.1);
        result.Loss.backward();
        Assert.Equal(0, result.Loss.item<float>());
        Assert.Equal(0, result.Accuracy.item<float>());
        Assert.Equal(0, features.grad!.abs().max().item<float>());
    }

    [Fact]
    public void ImageText_rows_average_to_the_loss_when_every_caption_has_images()
    {
        using var scope = NewDisposeScope();
        var (images, texts) = (randn(6, 8, generator: new Generator(1)), randn(3, 8, generator: new Generator(2)));
        var result = ContrastiveLosses.ImageText(images, texts, arange(3).repeat(2), arange(3), tensor(10f));
        var fromImages = result.Rows.reshape(2, 3);
        Assert.Equal([6], result.Rows.shape);
        Assert.Equal(result.Loss.item<float>(), fromImages.mean().item<float>(), 1e-5);
    }
}
