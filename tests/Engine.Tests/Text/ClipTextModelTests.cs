using StableRep.Engine.Checkpoints;
using StableRep.Engine.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Text;

public sealed class ClipTextModelTests
{
    private static readonly ClipTextConfig Small = new()
    {
        VocabularySize = 50,
        Width = 16,
        IntermediateWidth = 32,
        Depth = 2,
        Heads = 4,
        MaxLength = 8,
        EndId = 49,
    };

    [Fact]
    public void A_token_sees_only_those_before_it()
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using var model = new ClipTextModel(Small);
        var one = model.call(tensor(new long[] { 48, 5, 6, 7, 49, 0, 0, 0 }).view(1, 8));
        var other = model.call(tensor(new long[] { 48, 5, 6, 9, 11, 49, 3, 2 }).view(1, 8));
        var difference = (one - other).abs().amax(dims: [0, 2]);
        Assert.True(difference[..3].max().item<float>() == 0);
        Assert.True(difference[3..].min().item<float>() > 1e-4);
    }

    [Theory]
    [InlineData(49, 3)] // The first end token, though padding repeats it.
    [InlineData(2, 5)]  // The old rule: the largest id of the text.
    public void Encode_pools_the_end_token(int endId, int position)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using var model = new ClipTextModel(Small with { EndId = endId });
        var ids = tensor(new long[] { 48, 5, 6, 49, 49, 49 }).view(1, 6);
        if (endId == 2)
        {
            ids = tensor(new long[] { 41, 5, 6, 40, 39, 48 }).view(1, 6);
        }

        var output = model.Encode(ids);
        Assert.Equal([1, 16], output.Pooled.shape);
        Assert.Equal(0, (output.Pooled[0] - output.Tokens[0, position]).abs().max().item<float>());
    }

    [Fact]
    public void Gradients_reach_every_parameter_and_are_right()
    {
        using var scope = NewDisposeScope();
        using var model = new ClipTextModel(Small, seed: 3);
        model.@double();
        var ids = tensor(new long[] { 48, 5, 6, 7, 8, 49, 9, 10, 48, 1, 2, 3, 49, 4, 11, 12 }).view(2, 8);
        Loss().backward();
        foreach (var (name, parameter) in model.named_parameters())
        {
            var gradient = parameter.grad;
            Assert.True(gradient is not null && (gradient.abs().sum().item<double>() > 0 || name.EndsWith("k_proj.bias", StringComparison.Ordinal)), name);

            // The derivative along a random direction, by the difference of two values of the loss.
            using var off = no_grad();
            var direction = randn(parameter.shape, float64, generator: new Generator(9));
            const double step = 1e-5;
            parameter.add_(direction, step);
            var above = Loss().item<double>();
            parameter.add_(direction, -2 * step);
            var below = Loss().item<double>();
            parameter.add_(direction, step);
            var expected = (above - below) / (2 * step);
            Assert.Equal(expected, (gradient * direction).sum().item<double>(), 1e-4 * Math.Max(1, Math.Abs(expected)));
        }

        Tensor Loss()
        {
            var output = model.Encode(ids);
            return output.Tokens.pow(3).mean() + output.Pooled.sin().sum();
        }
    }

    [Fact]
    public void Equal_seeds_give_equal_weights_and_others_do_not()
    {
        using var scope = NewDisposeScope();
        using var a = new ClipTextModel(Small, seed: 1);
        using var b = new ClipTextModel(Small, seed: 1);
        using var c = new ClipTextModel(Small, seed: 2);
        Assert.All(a.parameters().Zip(b.parameters()), pair => Assert.True(Same(pair.First, pair.Second)));
        Assert.Contains(a.parameters().Zip(c.parameters()), pair => !Same(pair.First, pair.Second));
    }

    [Fact]
    public void Ids_that_do_not_fit_are_refused()
    {
        using var scope = NewDisposeScope();
        using var model = new ClipTextModel(Small);
        Assert.Throws<ArgumentException>(() => model.call(zeros([1, 9], int64)));
        Assert.Throws<ArgumentException>(() => model.call(zeros([9], int64)));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Tokens(zeros([1, 8], int64), clipSkip: 2));
    }

    [Theory]
    [InlineData("""{"hidden_act": "gelu_new"}""", "hidden_act")]
    [InlineData("""{"attention_dropout": 0.1}""", "attention_dropout")]
    [InlineData("""{"hidden_size": 10, "num_attention_heads": 3}""", "num_attention_heads")]
    [InlineData("""{"rotary": true}""", "rotary")]
    public void A_config_that_is_not_supported_is_an_error_that_names_the_key(string json, string key)
    {
        var message = Assert.Throws<CheckpointException>(() => ClipTextConfig.Read(ConfigDocument.Parse(json, "text_encoder/config.json"))).Message;
        Assert.Contains(key, message, StringComparison.Ordinal);
        Assert.Contains("text_encoder/config.json", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_written_config_reads_back() =>
        Assert.Equal(Small, ClipTextConfig.Read(ConfigDocument.Parse(Small.ToJson().ToJsonString(), "config.json")));

    private static bool Same(Tensor a, Tensor b) => (a - b).abs().max().item<float>() == 0;
}
