using StableRep.Engine.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Models;

public sealed class UNet2DConditionModelTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Generator _noise = new(7);

    private static UNet2DConditionConfig Small { get; } = new()
    {
        BlockOutChannels = [8, 16, 16],
        DownBlockAttends = [true, true, false],
        UpBlockAttends = [false, true, true],
        LayersPerBlock = [1, 2, 1],
        AttentionHeads = [2, 4, 4],
        CrossAttentionDim = [12],
        NormNumGroups = 4,
    };

    public void Dispose()
    {
        _scope.Dispose();
        _noise.Dispose();
    }

    [Fact]
    public void Conditions_computed_once_give_the_prediction_of_the_plain_forward_pass()
    {
        using var unet = Create(Small);
        using var inference = inference_mode();
        var (sample, text) = (Normal(2, 4, 8, 8), Normal(2, 5, 12));
        var schedule = tensor([981L, 500L, 1L]);
        using var times = unet.PrecomputeTimesteps(schedule);
        using var condition = unet.Condition(text);
        for (var step = 0; step < times.Count; step++)
        {
            AssertClose(unet.call(sample, schedule[step], text), unet.forward(sample, times[step], condition));
        }
    }

    [Fact]
    public void Detached_conditions_outlive_the_scope_they_were_made_in()
    {
        using var unet = Create(Small);
        using var inference = inference_mode();
        var (sample, text) = (Normal(1, 4, 8, 8), Normal(1, 5, 12));
        TimeConditions times;
        TextCondition condition;
        using (NewDisposeScope())
        {
            times = unet.PrecomputeTimesteps(tensor([500L])).DetachFromDisposeScope();
            condition = unet.Condition(text).DetachFromDisposeScope();
        }

        AssertClose(unet.call(sample, tensor(500L), text), unet.forward(sample, times[0], condition));
        times.Dispose();
        condition.Dispose();
    }

    [Fact]
    public void Pictures_of_one_text_share_its_keys_and_values()
    {
        using var unet = Create(Small);
        using var inference = inference_mode();
        var (sample, text) = (Normal(6, 4, 8, 8), Normal(2, 5, 12));
        using var time = unet.AtTimestep(tensor(500L));
        using var shared = unet.Condition(text);
        using var repeated = shared.Select(0, 0, 0, 1, 1, 1);
        Assert.Equal(6, repeated.Rows);
        AssertClose(unet.forward(sample, time, repeated), unet.forward(sample, time, shared));
    }

    [Fact]
    public void Concat_and_Select_arrange_texts_as_the_encoder_would_have()
    {
        using var unet = Create(Small);
        using var inference = inference_mode();
        var (sample, first, second) = (Normal(3, 4, 8, 8), Normal(2, 5, 12), Normal(1, 5, 12));
        using var time = unet.AtTimestep(tensor(3L));
        using var parts = TextCondition.Concat(unet.Condition(first), unet.Condition(second));
        using var arranged = parts.Select(2, 0, 1);
        AssertClose(unet.call(sample, tensor(3L), cat([second, first])), unet.forward(sample, time, arranged));
        Assert.Throws<ArgumentOutOfRangeException>(() => parts.Select(3));
    }

    [Fact]
    public void Each_picture_may_have_a_time_step_of_its_own()
    {
        using var unet = Create(Small);
        using var inference = inference_mode();
        var (sample, text) = (Normal(2, 4, 8, 8), Normal(2, 5, 12));
        var both = unet.call(sample, tensor([10L, 900L]), text);
        AssertClose(unet.call(sample, tensor([10L]), text)[0], both[0]);
        AssertClose(unet.call(sample, tensor(900f), text)[1], both[1]);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 7)]
    [InlineData(9, 4)]
    public void Sizes_that_do_not_halve_evenly_come_out_as_they_went_in(int height, int width)
    {
        using var unet = Create(Small);
        using var inference = inference_mode();
        var prediction = unet.call(Normal(1, 4, height, width), tensor(1L), Normal(1, 5, 12));
        Assert.Equal([1, 4, height, width], prediction.shape);
        Assert.True(prediction.isfinite().all().item<bool>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Prediction_is_the_same_with_gradients_and_without_and_leaves_its_inputs_alone(bool scaleShift)
    {
        using var unet = Create(Small with { ResnetTimeScaleShift = scaleShift });
        var sample = Normal(2, 8, 8, 4).permute(0, 3, 1, 2);
        var (text, timestep) = (Normal(2, 5, 12), tensor([3L, 77L]));
        var (sampleBefore, textBefore) = (sample.clone(), text.clone());
        var withGradients = unet.call(sample, timestep, text);
        using var inference = inference_mode();
        Assert.True(withGradients.requires_grad);
        var without = unet.call(sample, timestep, text);
        AssertClose(withGradients.detach(), without);
        AssertClose(without, unet.call(sample, timestep, text));
        Assert.True(sample.eq(sampleBefore).all().item<bool>() && text.eq(textBefore).all().item<bool>());
    }

    [Fact]
    public void Gradients_reach_every_parameter_and_the_inputs_and_training_lowers_the_loss()
    {
        using var unet = Create(Small);
        unet.ZeroResidualBranches();
        using var optimizer = optim.AdamW(unet.parameters(), 1e-2);
        var (sample, timestep, text, target) = (Normal(4, 4, 8, 8), tensor([1L, 300L, 600L, 999L]), Normal(4, 5, 12), Normal(4, 4, 8, 8));
        text.requires_grad_(true);
        var losses = new List<float>();
        for (var step = 0; step < 12; step++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            var loss = nn.functional.mse_loss(unet.call(sample, timestep, text), target);
            loss.backward();
            optimizer.step();
            losses.Add(loss.item<float>());
        }

        var unreached = unet.named_parameters().Where(entry => entry.parameter.grad is not { } grad || grad.abs().sum().item<float>() is 0 or float.NaN);
        Assert.Empty(unreached.Select(entry => entry.name));
        Assert.NotNull(text.grad);
        Assert.True(losses[^1] < 0.9 * losses[0], $"loss went from {losses[0]} to {losses[^1]}");
    }

    [Fact]
    public void Normalisations_start_as_identities_and_zeroed_branches_predict_zero()
    {
        using var unet = Create(Small);
        foreach (var norm in unet.modules().OfType<GroupNorm>())
        {
            Assert.True((norm.weight == 1).all().item<bool>() && (norm.bias! == 0).all().item<bool>());
        }

        unet.ZeroResidualBranches();
        using var inference = inference_mode();
        Assert.Equal(0, unet.call(Normal(1, 4, 8, 8), tensor(1L), Normal(1, 5, 12)).abs().max().item<float>());
    }

    [Fact]
    public void Forward_names_a_wrong_shape()
    {
        using var unet = Create(Small);
        using var inference = inference_mode();
        using var text = unet.Condition(Normal(2, 5, 12));
        using var time = unet.AtTimestep(tensor(1L));
        Assert.Contains("[1, 3, 8, 8]", Assert.Throws<ArgumentException>(() => unet.forward(Normal(1, 3, 8, 8), time, text)).Message, StringComparison.Ordinal);
        Assert.Contains("2 texts", Assert.Throws<ArgumentException>(() => unet.forward(Normal(3, 4, 8, 8), time, text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_denoising_loop_leaves_no_tensor_behind()
    {
        using var unet = Create(Small);
        using var inference = inference_mode();
        var (sample, text) = (Normal(2, 4, 8, 8), Normal(1, 5, 12));
        using var times = unet.PrecomputeTimesteps(tensor([5L]));
        using var condition = unet.Condition(text);
        using var scope = NewDisposeScope();
        for (var step = 0; step < 3; step++)
        {
            using var prediction = unet.forward(sample, times[0], condition);
        }

        Assert.Equal(0, scope.DisposablesCount);
    }

    private static UNet2DConditionModel Create(UNet2DConditionConfig config)
    {
        random.manual_seed(1);
        return new UNet2DConditionModel(config);
    }

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        var error = ((actual - expected).norm() / expected.norm()).item<float>();
        Assert.True(error < 2e-6, $"relative error {error}");
    }

    private Tensor Normal(params long[] shape) => randn(shape, generator: _noise);
}
