namespace StableRep.Engine.Training;

/// <summary>
/// Keeps fp16 gradients from vanishing (Micikevicius et al., arXiv 1710.03740): the loss is multiplied by a scale that halves whenever a
/// gradient overflows, whose step is then left out, and doubles after many steps without. With other precisions the scale is 1 for ever.
/// </summary>
internal sealed class LossScaler
{
    private const double Initial = 65536;
    private const int DoubleAfter = 2000;

    /// <summary>Whether the precision is fp16.</summary>
    public bool IsActive { get; }

    public LossScaler(bool active, LossScale? resumed = null)
    {
        IsActive = active;
        State = !active ? new LossScale(1, 0) : resumed ?? new LossScale(Initial, 0);
    }

    /// <summary>What a checkpoint keeps.</summary>
    public LossScale State { get; private set; }

    /// <summary>Learns whether a step's gradients were finite.</summary>
    /// <returns>Whether the step may be left out and the run go on: the scale was too large and is now smaller.</returns>
    public bool Update(bool finite)
    {
        if (!IsActive)
        {
            return false;
        }

        if (!finite)
        {
            var canShrink = State.Scale > 1;
            State = new LossScale(Math.Max(1, State.Scale / 2), 0);
            return canShrink;
        }

        State = State.GoodSteps + 1 == DoubleAfter ? new LossScale(State.Scale * 2, 0) : State with { GoodSteps = State.GoodSteps + 1 };
        return false;
    }
}

/// <summary>The state of a loss scaler.</summary>
/// <param name="Scale">What the loss is multiplied by.</param>
/// <param name="GoodSteps">Steps without overflow since the scale changed.</param>
internal sealed record LossScale(double Scale, int GoodSteps);
