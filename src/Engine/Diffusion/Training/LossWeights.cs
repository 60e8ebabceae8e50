using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion.Training;

/// <summary>How much the error at each training timestep counts (min-SNR, Hang et al. 2023, arXiv 2303.09556).</summary>
internal static class LossWeights
{
    /// <summary>
    /// The weights <c>[T]</c>. For noise prediction min(snr, γ) / snr. A velocity's error is the image's times snr + 1, so there the bound is on
    /// snr + 1: pure noise keeps its weight, and with it what the model says there about layout and colours.
    /// </summary>
    /// <param name="schedule">The noise schedule.</param>
    /// <param name="prediction">What the UNet predicts.</param>
    /// <param name="gamma">The bound γ; null weighs all timesteps alike.</param>
    public static Tensor Of(NoiseSchedule schedule, PredictionType prediction, double? gamma)
    {
        var weights = schedule.AlphasCumprod.Select(alpha =>
        {
            var ratio = alpha / Math.Max(1.0 - alpha, 1e-12);
            var scale = prediction switch
            {
                PredictionType.Epsilon => ratio,
                PredictionType.VPrediction => ratio + 1,
                _ => 1,
            };
            return gamma is { } bound ? (float)(Math.Min(scale, bound) / scale) : 1f;
        });
        return tensor(weights.ToArray());
    }
}
