using StableRep.Engine.Checkpoints;
using static TorchSharp.torch;

namespace StableRep.Engine.Training;

/// <summary>
/// Muon (Jordan et al. 2024) for weight matrices and convolutions: the step is the gradients' running mean with all singular values brought to about 1, so that
/// what few images ask for moves as far as what all do. Its size is matched to AdamW's (Liu et al. 2025, arXiv 2502.16982), so both take the same learning rates.
/// </summary>
public sealed class Muon : IDisposable
{
    private const double Momentum = 0.95;
    private const double Rms = 0.2;
    private const int Iterations = 5;
    private static readonly string[] Ends = ["token_embedding.", "position_embedding.", "patch_embed.", "conv_in.", "conv_out."];

    private readonly FlatParameters _parameters;
    private readonly double _weightDecay;
    private readonly Tensor _average;
    private readonly Matrix[][][] _shares;

    /// <summary>Starts with a zero mean.</summary>
    /// <param name="parameters">All parameters.</param>
    /// <param name="slices">Those to train: of two dimensions or more, of which all but the first count as one.</param>
    /// <param name="weightDecay">The share of a parameter that a step at learning rate 1 takes away.</param>
    /// <param name="shares">Into how many parts of about equal work each step is divided.</param>
    public Muon(FlatParameters parameters, IEnumerable<ParameterSlice> slices, double weightDecay, int shares = 1)
    {
        (_parameters, _weightDecay) = (parameters, weightDecay);
        _average = zeros_like(parameters.Values).DetachFromDisposeScope();
        _shares = Divide([.. slices.Select(slice => new Matrix(slice, slice.Shape[0], slice.Length / slice.Shape[0]))], shares);
    }

    /// <summary>
    /// Whether a parameter is one for Muon: a matrix or convolution between hidden values. Embeddings, the convolutions at a network's ends, biases and
    /// norms keep AdamW.
    /// </summary>
    public static bool Fits(ParameterSlice slice) =>
        slice.Decays && slice.Shape.Count is (2 or 4) && !Ends.Any(end => slice.Name.Contains(end, StringComparison.Ordinal));

    /// <summary>Does one part of a step: moves its parameters by their gradients, which stay as they are. Parts may run at once on several threads.</summary>
    /// <param name="learningRate">The rate of this step, at least 0.</param>
    /// <param name="share">Which part, from 0.</param>
    public void Step(double learningRate, int share = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(learningRate);
        using var noGrad = no_grad();
        foreach (var matrices in _shares[share])
        {
            using var scope = NewDisposeScope();
            var updates = Array.ConvertAll(matrices, Update);
            var factors = Orthogonalizers(stack(updates.Zip(matrices, (update, matrix) => matrix.IsTall ? update.t().mm(update) : update.mm(update.t()))));
            for (var i = 0; i < matrices.Length; i++)
            {
                var (matrix, factor) = (matrices[i], factors[i]);
                var size = learningRate * Rms * Math.Sqrt(Math.Max(matrix.Rows, matrix.Columns));
                var (left, right) = matrix.IsTall ? (updates[i], factor) : (factor, updates[i]);
                matrix.Of(_parameters.Values).addmm_(left, right, beta: (float)(1 - (learningRate * _weightDecay)), alpha: (float)-size);
            }
        }
    }

    /// <summary>The state by name, for a checkpoint: views, valid until the next step.</summary>
    public Dictionary<string, Tensor> Collect() => Slices.ToDictionary(Key, slice => slice.Of(_average), StringComparer.Ordinal);

    /// <summary>Takes over the state that <see cref="Collect"/> gave.</summary>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape.</exception>
    public void Load(ITensorSource source)
    {
        using var noGrad = no_grad();
        foreach (var slice in Slices)
        {
            using var view = slice.Of(_average);
            source.CopyTo(Key(slice), view);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _average.Dispose();

    private IEnumerable<ParameterSlice> Slices => _shares.SelectMany(share => share).SelectMany(matrices => matrices).Select(matrix => matrix.Slice);

    private static string Key(ParameterSlice slice) => $"momentum.{slice.Name}";

    private static Matrix[][][] Divide(Matrix[] matrices, int count)
    {
        var (shares, work) = (Enumerable.Range(0, count).Select(_ => new List<Matrix>()).ToArray(), new long[count]);
        foreach (var matrix in matrices.OrderByDescending(matrix => matrix.Work))
        {
            var least = Array.IndexOf(work, work.Min());
            shares[least].Add(matrix);
            work[least] += matrix.Work;
        }

        return [.. shares.Select(share => share.GroupBy(matrix => matrix.Smaller).Select(group => group.ToArray()).ToArray())];
    }

    /// <summary>Nesterov's mean of the gradients, <c>[R, C]</c>.</summary>
    private Tensor Update(Matrix matrix)
    {
        var (average, gradient) = (matrix.Of(_average), matrix.Of(_parameters.Gradients));
        average.mul_(Momentum).add_(gradient);
        return gradient.add(average, Momentum);
    }

    /// <summary>
    /// What brings the singular values of matrices to between 0.7 and 1.2: Newton and Schulz' iteration on their products with themselves
    /// <c>[N, S, S]</c>, which are much smaller than the matrices.
    /// </summary>
    private static Tensor Orthogonalizers(Tensor squares)
    {
        var norms = squares.diagonal(0, 1, 2).sum(1).view(-1, 1, 1) + 1e-14;
        var square = squares / norms;
        var identity = eye(squares.shape[1], device: squares.device);
        var product = identity.expand_as(squares);
        for (var iteration = 0; iteration < Iterations; iteration++)
        {
            var polynomial = (3.4445 * identity) - (4.7750 * square) + (2.0315 * square.bmm(square));
            product = polynomial.bmm(product);
            square = polynomial.bmm(square).bmm(polynomial);
        }

        return product / norms.sqrt();
    }

    /// <summary>A parameter as a matrix.</summary>
    private sealed record Matrix(ParameterSlice Slice, long Rows, long Columns)
    {
        public bool IsTall => Rows > Columns;

        public long Smaller => Math.Min(Rows, Columns);

        public long Work => Smaller * Smaller * ((2 * Math.Max(Rows, Columns)) + (5 * Iterations * Smaller));

        public Tensor Of(Tensor flat) => Slice.Of(flat).view(Rows, Columns);
    }
}
