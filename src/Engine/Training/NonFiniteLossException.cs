using System.Globalization;

namespace StableRep.Engine.Training;

/// <summary>A training run met a loss or gradient that is not a finite number and stopped before it spoiled the weights.</summary>
public sealed class NonFiniteLossException : Exception
{
    private const int MaxShown = 8;

    internal NonFiniteLossException(long step, string what, double value, IReadOnlyList<PositiveSet> batch, string? checkpoint)
        : base(Describe(step, what, value, batch, checkpoint)) =>
        (Step, Batch, Checkpoint) = (step, batch, checkpoint);

    /// <summary>The optimizer step, counted from 1, that was not taken.</summary>
    public long Step { get; }

    /// <summary>The positive sets of the batch.</summary>
    public IReadOnlyList<PositiveSet> Batch { get; }

    /// <summary>The folder of the last good checkpoint, or null when there is none yet.</summary>
    public string? Checkpoint { get; }

    private static string Describe(long step, string what, double value, IReadOnlyList<PositiveSet> batch, string? checkpoint)
    {
        var captions = string.Join(", ", batch.Take(MaxShown).Select(set => $"{set.CaptionIndex} '{set.Caption}'"));
        var more = batch.Count > MaxShown ? $" and {batch.Count - MaxShown} more" : "";
        var good = checkpoint is null ? "There is no checkpoint yet." : $"The last good checkpoint is {checkpoint}.";
        return string.Create(CultureInfo.InvariantCulture, $"Step {step}: the {what} is {value}. ") +
            $"The batch has the captions {captions}{more}. {good} " +
            "Lower the learning rate, lengthen the warm-up or limit the gradient norm, then start again; or look at these captions' images.";
    }
}
