using static TorchSharp.torch;

namespace StableRep.Engine.Evaluation;

/// <summary>
/// How a set of embeddings lies on the unit sphere. A run whose embeddings collapse shows it here long before its loss does:
/// uniformity rises towards 0 and the effective rank falls towards 1.
/// </summary>
/// <param name="Alignment">
/// Mean squared distance between embeddings of the same label (Wang and Isola, arXiv 2005.10242), in [0, 4]; 0 when no label occurs twice.
/// </param>
/// <param name="Uniformity">Log of the mean Gaussian potential <c>exp(-2 d²)</c> over unordered pairs (same paper), in [-8, 0].</param>
/// <param name="EffectiveRank">
/// Exponential of the entropy of the normalised singular values of the centred matrix (Roy and Vetterli, 2007), from 1 to <c>min(N, D)</c>.
/// </param>
public sealed record EmbeddingMeasures(double Alignment, double Uniformity, double EffectiveRank)
{
    private const long PairsAtOnce = 1 << 24;

    /// <summary>Measures embeddings; they are L2-normalised first.</summary>
    /// <param name="features"><c>[N, D]</c> of any floating-point type, N at least 2, on any device.</param>
    /// <param name="labels"><c>[N]</c> int64: the positive set or class of each row.</param>
    /// <exception cref="ArgumentException">The shapes do not fit or there are fewer than two rows.</exception>
    public static EmbeddingMeasures Compute(Tensor features, Tensor labels)
    {
        if (features.dim() != 2 || features.shape[0] < 2 || labels.dim() != 1 || labels.shape[0] != features.shape[0])
        {
            throw new ArgumentException(
                $"Measures need features [N, D] with N at least 2 and labels [N], not [{string.Join(", ", features.shape)}] and [{string.Join(", ", labels.shape)}].");
        }

        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var unit = Normalize(features.detach());
        return new EmbeddingMeasures(AlignmentOf(unit, labels), UniformityOf(unit), EffectiveRankOf(unit));
    }

    /// <summary>Rows of length 1 in fp32; a row of zeros stays zero.</summary>
    internal static Tensor Normalize(Tensor features) =>
        nn.functional.normalize(features.to_type(ScalarType.Float32), p: 2, dim: 1);

    /// <summary>
    /// The sum over ordered pairs of a set of n unit vectors is <c>2 n² - 2 |sum|²</c>, so that no pair is ever formed.
    /// </summary>
    private static double AlignmentOf(Tensor unit, Tensor labels)
    {
        var sets = LabelSums.Of(unit, labels);
        var pairs = (sets.Counts * (sets.Counts - 1)).sum().item<double>();
        var squares = 2 * (sets.Counts * sets.SquaredNorms - sets.Sums.pow(2).sum(1)).sum().item<double>();
        return pairs == 0 ? 0 : Math.Max(0, squares / pairs);
    }

    private static double UniformityOf(Tensor unit)
    {
        var count = unit.shape[0];
        var rows = Math.Max(1, PairsAtOnce / count);
        var total = 0.0;
        for (long start = 0; start < count; start += rows)
        {
            using var chunk = NewDisposeScope();
            var squaredDistance = (2 - 2 * unit.narrow(0, start, Math.Min(rows, count - start)).matmul(unit.t())).clamp_(0, 4);
            total += squaredDistance.mul_(-2).exp_().sum(ScalarType.Float64).item<double>();
        }

        return Math.Log((total - count) / ((double)count * (count - 1)));
    }

    private static double EffectiveRankOf(Tensor unit)
    {
        var centred = unit - unit.mean([0], keepdim: true);
        var values = linalg.svdvals(centred).to_type(ScalarType.Float64);
        var sum = values.sum().item<double>();
        if (sum <= 0)
        {
            return 1;
        }

        var share = values / sum;
        return Math.Exp(-(share * share.clamp(min: double.Epsilon).log()).sum().item<double>());
    }
}
