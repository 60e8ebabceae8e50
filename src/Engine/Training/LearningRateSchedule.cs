namespace StableRep.Engine.Training;

/// <summary>
/// The learning rate by iteration: linear from 0 through the warm-up, then half a cosine from <see cref="Peak"/> to <see cref="Floor"/>
/// (Loshchilov and Hutter, arXiv 1608.03983, without restarts). Iteration <c>i</c> takes the rate at epoch <c>i / IterationsPerEpoch</c>.
/// </summary>
public sealed record LearningRateSchedule
{
    /// <summary>The rate at the warm-up's end.</summary>
    public required double Peak { get; init; }

    /// <summary>The rate at the end.</summary>
    public double Floor { get; init; }

    /// <summary>The length of the warm-up in epochs; fractions are fine, 0 is none.</summary>
    public double WarmupEpochs { get; init; }

    /// <summary>The whole length in epochs, more than <see cref="WarmupEpochs"/>.</summary>
    public required double Epochs { get; init; }

    /// <summary>Optimizer steps of one epoch, at least 1.</summary>
    public required long IterationsPerEpoch { get; init; }

    /// <summary>
    /// The peak rate of a batch: rates are given for 256 pairs of views and grow with the batch (Goyal et al., arXiv 1706.02677). Two crops
    /// of an image make one pair, and so do two images of a caption with one crop each, so that methods compare at one base rate.
    /// </summary>
    /// <param name="baseRate">The rate for 256 pairs of views.</param>
    /// <param name="images">Images of one optimizer step, over all devices and accumulated parts.</param>
    /// <param name="crops">Crops of each image, at least 1.</param>
    public static double ScaleToBatch(double baseRate, long images, int crops = 1) => baseRate * images / 256 * crops / 2;

    /// <summary>The rate of one optimizer step.</summary>
    /// <param name="iteration">The step, counted from 0. Past the end the rate stays <see cref="Floor"/>.</param>
    public double At(long iteration)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(iteration);
        var epoch = (double)iteration / IterationsPerEpoch;
        if (epoch < WarmupEpochs)
        {
            return Peak * epoch / WarmupEpochs;
        }

        var phase = Math.Min(1, (epoch - WarmupEpochs) / (Epochs - WarmupEpochs));
        return Floor + ((Peak - Floor) * 0.5 * (1 + Math.Cos(Math.PI * phase)));
    }
}
