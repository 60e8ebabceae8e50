using StableRep.Engine.Evaluation;
using static TorchSharp.torch;

namespace StableRep.Parity.Kinds;

/// <summary>The probes and measures of frozen features.</summary>
internal static class ProbeKinds
{
    public static IReadOnlyDictionary<string, Tensor> Logistic(ParityCase parity)
    {
        var (labels, testLabels) = (parity.In("train_labels"), parity.In("test_labels"));
        using var fit = LogisticRegression.Fit(parity.In("train"), labels, Classes(labels), parity.Number("C"));
        var probabilities = fit.Probabilities(parity.In("test"));
        return new Dictionary<string, Tensor>
        {
            ["probabilities"] = probabilities,
            ["accuracy"] = Accuracy(probabilities.argmax(1), testLabels),
        };
    }

    public static IReadOnlyDictionary<string, Tensor> Neighbours(ParityCase parity)
    {
        var (labels, testLabels) = (parity.In("train_labels"), parity.In("test_labels"));
        var votes = NearestNeighbours.Votes(
            parity.In("train"), labels, parity.In("test"), Classes(labels), parity.Integer("k"), parity.Number("temperature"));
        var prediction = votes.argmax(1);
        return new Dictionary<string, Tensor> { ["prediction"] = prediction, ["accuracy"] = Accuracy(prediction, testLabels) };
    }

    public static IReadOnlyDictionary<string, Tensor> Measures(ParityCase parity)
    {
        var measures = EmbeddingMeasures.Compute(parity.In("features"), parity.In("labels"));
        return new Dictionary<string, Tensor>
        {
            ["alignment"] = tensor(new[] { measures.Alignment }),
            ["uniformity"] = tensor(new[] { measures.Uniformity }),
            ["effective_rank"] = tensor(new[] { measures.EffectiveRank }),
        };
    }

    private static int Classes(Tensor labels) => (int)labels.max().item<long>() + 1;

    private static Tensor Accuracy(Tensor prediction, Tensor labels) => prediction.eq(labels).to_type(ScalarType.Float32).mean().reshape(1);
}
