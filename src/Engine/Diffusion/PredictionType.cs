using StableRep.Engine.Checkpoints;

namespace StableRep.Engine.Diffusion;

/// <summary>What a denoising model's output stands for.</summary>
public enum PredictionType
{
    /// <summary>The noise in the sample.</summary>
    Epsilon,

    /// <summary>The velocity <c>√ᾱ·noise − √(1−ᾱ)·image</c> (Salimans and Ho, 2022).</summary>
    VPrediction,

    /// <summary>The image without noise.</summary>
    Sample,
}

internal static class PredictionTypes
{
    public static PredictionType Read(ConfigDocument config, bool sampleAllowed = true)
    {
        config.Expect("prediction_type", sampleAllowed ? ["epsilon", "v_prediction", "sample"] : ["epsilon", "v_prediction"]);
        return config.String("prediction_type", "epsilon") switch
        {
            "v_prediction" => PredictionType.VPrediction,
            "sample" => PredictionType.Sample,
            _ => PredictionType.Epsilon,
        };
    }
}
