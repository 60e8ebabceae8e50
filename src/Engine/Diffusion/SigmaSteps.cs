using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion;

/// <summary>What the samplers over noise levels share.</summary>
internal static class SigmaSteps
{
    /// <summary>The first sample's standard deviation; where the first level is not the schedule's end, the image's own unit variance counts.</summary>
    public static float InitialScale(float[] sigmas, bool leading)
    {
        var largest = sigmas.Max();
        return leading ? MathF.Sqrt((largest * largest) + 1) : largest;
    }

    /// <summary>The sample at unit variance, as the model knows it.</summary>
    public static Tensor ScaleInput(Tensor sample, float sigma) => sample / MathF.Sqrt((sigma * sigma) + 1);

    /// <summary>The image that the model sees in the sample.</summary>
    public static Tensor Clean(Tensor output, Tensor sample, float sigma, PredictionType prediction) => prediction switch
    {
        PredictionType.Epsilon => sample - sigma * output,
        PredictionType.Sample => output,
        _ => output * (-sigma / MathF.Sqrt((sigma * sigma) + 1)) + sample / ((sigma * sigma) + 1),
    };
}
