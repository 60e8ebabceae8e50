using static TorchSharp.torch;

namespace StableRep.Engine.Evaluation;

/// <summary>The sums of the rows of each label: enough for every mean of pairwise products within and across labels.</summary>
/// <param name="Labels"><c>[S]</c> int64, ascending.</param>
/// <param name="Inverse"><c>[N]</c> int64: each row's position in <paramref name="Labels"/>.</param>
/// <param name="Sums"><c>[S, D]</c> float64.</param>
/// <param name="SquaredNorms"><c>[S]</c> float64: the sum of the rows' own squared lengths.</param>
/// <param name="Counts"><c>[S]</c> float64.</param>
internal sealed record LabelSums(Tensor Labels, Tensor Inverse, Tensor Sums, Tensor SquaredNorms, Tensor Counts)
{
    /// <summary>Sums the rows of <paramref name="rows"/> <c>[N, D]</c> by <paramref name="labels"/> <c>[N]</c>, in float64.</summary>
    public static LabelSums Of(Tensor rows, Tensor labels)
    {
        var (distinct, inverse, counts) = labels.to(rows.device).unique(sorted: true, return_inverse: true, return_counts: true);
        var wide = rows.to_type(ScalarType.Float64);
        var sums = zeros([distinct.shape[0], rows.shape[1]], ScalarType.Float64, rows.device).index_add_(0, inverse!, wide, 1);
        var norms = zeros([distinct.shape[0]], ScalarType.Float64, rows.device).index_add_(0, inverse!, wide.pow(2).sum(1), 1);
        return new LabelSums(distinct, inverse!, sums, norms, counts!.to_type(ScalarType.Float64));
    }
}
