using StableRep.Engine.Training;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace StableRep.Parity.Kinds;

/// <summary>The losses with their gradients, the projector, the learning rate and the optimizer.</summary>
internal static class TrainingKinds
{
    public static IReadOnlyDictionary<string, Tensor> MultiPositive(ParityCase parity)
    {
        var features = parity.In("features").requires_grad_();
        var result = ContrastiveLosses.MultiPositive(features, parity.In("labels"), parity.Number("temperature"));
        result.Loss.backward();
        return Outputs(result, ("grad_features", features));
    }

    public static IReadOnlyDictionary<string, Tensor> SimClr(ParityCase parity)
    {
        var (first, second) = (parity.In("view1").requires_grad_(), parity.In("view2").requires_grad_());
        var result = ContrastiveLosses.NtXent(first, second, parity.Number("temperature"));
        result.Loss.backward();
        return Outputs(result, ("grad_view1", first), ("grad_view2", second));
    }

    public static IReadOnlyDictionary<string, Tensor> ImageText(ParityCase parity)
    {
        var (image, text) = (parity.In("image").requires_grad_(), parity.In("text").requires_grad_());
        var scale = parity.In("logit_scale").requires_grad_();
        var result = ContrastiveLosses.ImageText(image, text, parity.In("image_labels"), parity.In("text_labels"), scale);
        result.Loss.backward();
        return Outputs(result, ("grad_image", image), ("grad_text", text), ("grad_logit_scale", scale));
    }

    public static IReadOnlyDictionary<string, Tensor> Projector(ParityCase parity)
    {
        var x = parity.In("x");
        var views = parity.Integer("views");
        var (hidden, output) = (parity.In("weights.layer1.weight"), parity.In("weights.layer3.weight"));
        var projector = new Projector(hidden.shape[1], hidden.shape[0], output.shape[0]);
        using (no_grad())
        {
            foreach (var (name, parameter) in projector.named_parameters())
            {
                parameter.copy_(parity.In("weights." + name));
            }
        }

        projector.train();
        return new Dictionary<string, Tensor>
        {
            ["embedding"] = projector.forward(x, [.. Enumerable.Repeat(x.shape[0] / views, views)]),
            ["running_mean_bn1"] = projector.get_buffer("bn1.running_mean")!,
            ["running_var_bn1"] = projector.get_buffer("bn1.running_var")!,
        };
    }

    public static IReadOnlyDictionary<string, Tensor> LearningRates(ParityCase parity)
    {
        var epochs = parity.Number("epochs");
        var schedule = new LearningRateSchedule
        {
            Peak = parity.Number("lr"),
            Floor = parity.Number("min_lr"),
            WarmupEpochs = parity.Number("warmup_epochs"),
            Epochs = epochs,
            IterationsPerEpoch = parity.Integer("iterations_per_epoch"),
        };
        var rates = Enumerable.Range(0, (int)Math.Round(epochs * schedule.IterationsPerEpoch)).Select(step => schedule.At(step)).ToArray();
        return new Dictionary<string, Tensor> { ["lr"] = tensor(rates, ScalarType.Float64) };
    }

    public static IReadOnlyDictionary<string, Tensor> AdamWSteps(ParityCase parity)
    {
        var (w, b) = (new Parameter(parity.In("w")), new Parameter(parity.In("b")));
        using var parameters = new FlatParameters([("w", w), ("b", b)]);
        using var adamW = new AdamW(parameters, new OptimizerOptions
        {
            Beta1 = parity.Number("beta1"),
            Beta2 = parity.Number("beta2"),
            Epsilon = parity.Number("eps"),
            WeightDecay = parity.Number("weight_decay"),
        });
        var (x, y) = (parity.In("x"), parity.In("y"));
        for (var step = 0; step < x.shape[0]; step++)
        {
            parameters.ZeroGradients();
            nn.functional.mse_loss(nn.functional.linear(x[step], w, b), y[step]).backward();
            adamW.Step(parity.Number("lr"));
        }

        return new Dictionary<string, Tensor> { ["w"] = w.clone(), ["b"] = b.clone() };
    }

    // The reference's scalars are tensors of one element.
    private static Dictionary<string, Tensor> Outputs(ContrastiveResult result, params ReadOnlySpan<(string Name, Tensor Input)> inputs)
    {
        var outputs = new Dictionary<string, Tensor> { ["loss"] = result.Loss.view(1) };
        foreach (var (name, input) in inputs)
        {
            outputs.Add(name, input.grad!);
        }

        return outputs;
    }
}
