using static TorchSharp.torch;

namespace StableRep.Engine.Evaluation;

/// <summary>
/// Limited-memory BFGS for smooth functions (Liu and Nocedal, 1989), with a line search by bisection for the weak Wolfe conditions
/// (Lewis and Overton, 2013), which always ends on a function that is bounded below.
/// </summary>
/// <remarks>libtorch's optimizer of this name offers no line search through TorchSharp, and diverges without one.</remarks>
internal static class Lbfgs
{
    private const int History = 10;
    private const int LineSearchSteps = 40;

    /// <summary>A function's value at a point, and its gradient there.</summary>
    public delegate (double Value, Tensor Gradient) Objective(Tensor point);

    /// <summary>Minimises from <paramref name="start"/> until no gradient entry is greater than <paramref name="tolerance"/> or no step descends.</summary>
    /// <param name="objective">The function, of a flat float64 tensor.</param>
    /// <param name="start"><c>[P]</c> float64; left as it is.</param>
    /// <param name="maxIterations">The most steps to take.</param>
    /// <param name="tolerance">The greatest gradient entry at which to stop.</param>
    /// <param name="cancellation">Stops between two evaluations.</param>
    public static Tensor Minimize(Objective objective, Tensor start, int maxIterations, double tolerance, CancellationToken cancellation)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var steps = new LinkedList<(Tensor Step, Tensor Change, double Curvature)>();
        var point = start.clone();
        var (value, gradient) = objective(point);
        for (var iteration = 0; iteration < maxIterations && MaxAbs(gradient) > tolerance; iteration++)
        {
            using var inner = NewDisposeScope();
            var direction = Direction(gradient, steps);
            if (Search(objective, point, value, gradient, direction, steps.Count == 0, cancellation) is not { } next)
            {
                break;
            }

            var (step, change) = (next.Point - point, next.Gradient - gradient);
            var curvature = Dot(step, change);
            if (curvature > 0)
            {
                steps.AddLast((step.MoveToOuterDisposeScope(), change.MoveToOuterDisposeScope(), curvature));
            }

            if (steps.Count > History)
            {
                var (oldStep, oldChange, _) = steps.First!.Value;
                oldStep.Dispose();
                oldChange.Dispose();
                steps.RemoveFirst();
            }

            point.Dispose();
            gradient.Dispose();
            (point, gradient, value) = (next.Point.MoveToOuterDisposeScope(), next.Gradient.MoveToOuterDisposeScope(), next.Value);
        }

        return point.MoveToOuterDisposeScope();
    }

    /// <summary>The two-loop recursion.</summary>
    private static Tensor Direction(Tensor gradient, LinkedList<(Tensor Step, Tensor Change, double Curvature)> steps)
    {
        var direction = gradient.neg();
        var weights = new Stack<double>();
        for (var node = steps.Last; node is not null; node = node.Previous)
        {
            var weight = Dot(node.Value.Step, direction) / node.Value.Curvature;
            direction.add_(node.Value.Change, alpha: -weight);
            weights.Push(weight);
        }

        if (steps.Last is { Value: var last })
        {
            direction.mul_(last.Curvature / Dot(last.Change, last.Change));
        }

        for (var node = steps.First; node is not null; node = node.Next)
        {
            var correction = Dot(node.Value.Change, direction) / node.Value.Curvature;
            direction.add_(node.Value.Step, alpha: weights.Pop() - correction);
        }

        return direction;
    }

    private static (Tensor Point, double Value, Tensor Gradient)? Search(
        Objective objective, Tensor point, double value, Tensor gradient, Tensor direction, bool first, CancellationToken cancellation)
    {
        const double sufficientDecrease = 1e-4;
        const double curvature = 0.9;
        var slope = Dot(gradient, direction);
        var (low, high) = (0.0, double.PositiveInfinity);
        // Without history the direction is the gradient, whose length says nothing about the distance to go.
        var length = first ? Math.Min(1, 1 / direction.norm().item<double>()) : 1;
        (Tensor Point, double Value, Tensor Gradient)? descended = null;
        for (var trial = 0; trial < LineSearchSteps && slope < 0; trial++)
        {
            cancellation.ThrowIfCancellationRequested();
            var candidate = point + direction * length;
            var (candidateValue, candidateGradient) = objective(candidate);
            if (!(candidateValue <= value + sufficientDecrease * length * slope))
            {
                high = length;
            }
            else
            {
                descended = (candidate, candidateValue, candidateGradient);
                if (Dot(candidateGradient, direction) >= curvature * slope)
                {
                    return descended;
                }

                low = length;
            }

            length = double.IsInfinity(high) ? 2 * low : (low + high) / 2;
        }

        return descended;
    }

    private static double Dot(Tensor left, Tensor right) => left.dot(right).item<double>();

    private static double MaxAbs(Tensor tensor) => tensor.abs().max().item<double>();
}
