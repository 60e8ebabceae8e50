using StableRep.Engine.Checkpoints;
using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion;

/// <summary>
/// How much of an image is left at each training timestep: ᾱ, the running product of <c>1 − β</c> (Ho et al. 2020). Computed in fp32 with
/// libtorch's own operations, as the reference does, so that equal configs give equal bits.
/// </summary>
public sealed class NoiseSchedule
{
    private readonly float[] _alphasCumprod;

    private NoiseSchedule(float[] alphasCumprod) => _alphasCumprod = alphasCumprod;

    /// <summary>The number of training timesteps.</summary>
    public int Length => _alphasCumprod.Length;

    /// <summary>ᾱ of each timestep, from nearly 1 (an image) to nearly 0 (noise).</summary>
    public IReadOnlyList<float> AlphasCumprod => _alphasCumprod;

    /// <summary>Reads <c>num_train_timesteps</c>, <c>beta_start</c>, <c>beta_end</c>, <c>beta_schedule</c> and, where the sampler knows it,
    /// <c>rescale_betas_zero_snr</c>.</summary>
    /// <param name="config">A <c>scheduler_config.json</c>.</param>
    /// <param name="rescalable">Whether the sampler knows the schedule rescaled to end in pure noise.</param>
    /// <param name="smallestAlpha">What replaces the last ᾱ of a rescaled schedule, 0, where the sampler divides by it.</param>
    internal static NoiseSchedule Read(ConfigDocument config, bool rescalable = true, float smallestAlpha = 0)
    {
        config.Expect("trained_betas", [null]);
        config.Expect("beta_schedule", "linear", "scaled_linear", "squaredcos_cap_v2");
        var length = config.Int32("num_train_timesteps", 1000);
        if (length is < 1 or > 1_000_000)
        {
            throw new CheckpointException($"{config.Name}: 'num_train_timesteps' is {length}; it must lie between 1 and 1000000.");
        }

        if (!rescalable)
        {
            config.Expect("rescale_betas_zero_snr", false);
        }

        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var betas = Betas(
            config.String("beta_schedule", "linear"), config.Double("beta_start", 0.0001), config.Double("beta_end", 0.02), length);
        var rescaled = rescalable && config.Boolean("rescale_betas_zero_snr", false);
        var alphasCumprod = (1 - (rescaled ? WithoutFinalSignal(betas) : betas)).cumprod(0).data<float>().ToArray();
        if (rescaled && smallestAlpha > 0)
        {
            alphasCumprod[^1] = smallestAlpha;
        }

        return new(alphasCumprod);
    }

    /// <summary>The noisy version of images at given timesteps: <c>√ᾱ·clean + √(1−ᾱ)·noise</c>.</summary>
    /// <param name="clean"><c>[B, ...]</c>.</param>
    /// <param name="noise">Unit noise of the same shape.</param>
    /// <param name="timesteps">int64 <c>[B]</c>, each from 0 to <c>Length − 1</c>.</param>
    public Tensor AddNoise(Tensor clean, Tensor noise, Tensor timesteps)
    {
        using var scope = NewDisposeScope();
        var alpha = AlphaLike(clean, timesteps);
        return (alpha.sqrt() * clean + (1 - alpha).sqrt() * noise).MoveToOuterDisposeScope();
    }

    /// <summary>The velocity that a model of <see cref="PredictionType.VPrediction"/> learns: <c>√ᾱ·noise − √(1−ᾱ)·clean</c>.</summary>
    /// <param name="clean"><c>[B, ...]</c>.</param>
    /// <param name="noise">Unit noise of the same shape.</param>
    /// <param name="timesteps">int64 <c>[B]</c>.</param>
    public Tensor Velocity(Tensor clean, Tensor noise, Tensor timesteps)
    {
        using var scope = NewDisposeScope();
        var alpha = AlphaLike(clean, timesteps);
        return (alpha.sqrt() * noise - (1 - alpha).sqrt() * clean).MoveToOuterDisposeScope();
    }

    /// <summary>σ = √((1−ᾱ)/ᾱ) of each timestep: the noise's standard deviation when the image is not scaled down.</summary>
    internal float[] Sigmas() => Array.ConvertAll(_alphasCumprod, alpha => MathF.Sqrt((1 - alpha) / alpha));

    /// <summary>ᾱ of a timestep, or of what comes after the last step.</summary>
    internal float Alpha(int timestep, float beyondFirst) => timestep < 0 ? beyondFirst : _alphasCumprod[timestep];

    private Tensor AlphaLike(Tensor clean, Tensor timesteps)
    {
        long[] shape = [timesteps.shape[0], .. Enumerable.Repeat(1L, (int)clean.dim() - 1)];
        return tensor(_alphasCumprod, device: clean.device)[timesteps.to(clean.device)].to(clean.dtype).view(shape);
    }

    private static Tensor Betas(string schedule, double first, double last, int length) => schedule switch
    {
        "linear" => linspace(first, last, length, float32),
        "scaled_linear" => linspace(Math.Sqrt(first), Math.Sqrt(last), length, float32).pow(2),
        _ => tensor(Enumerable.Range(0, length).Select(i => (float)CosineBeta(i, length)).ToArray()),
    };

    // Nichol and Dhariwal 2021, equation 17.
    private static double CosineBeta(int step, int length)
    {
        return Math.Min(1 - (AlphaBar((step + 1) / (double)length) / AlphaBar(step / (double)length)), 0.999);

        static double AlphaBar(double time)
        {
            var cosine = Math.Cos((time + 0.008) / 1.008 * Math.PI / 2);
            return cosine * cosine;
        }
    }

    // Lin et al. 2023, algorithm 1: shift and scale √ᾱ so that the last is 0 and the first stays.
    private static Tensor WithoutFinalSignal(Tensor betas)
    {
        var root = (1 - betas).cumprod(0).sqrt();
        var (first, last) = (root[0], root[-1]);
        var squared = ((root - last) * (first / (first - last))).pow(2);
        return 1 - cat([squared[..1], squared[1..] / squared[..^1]]);
    }
}
