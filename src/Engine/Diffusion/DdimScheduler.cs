using StableRep.Engine.Checkpoints;
using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion;

/// <summary>Denoising diffusion implicit models (Song et al. 2021), with eta from 0 (deterministic) to 1 (ancestral).</summary>
internal sealed class DdimScheduler : IScheduler
{
    private readonly Spacing _spacing;
    private readonly float _finalAlpha;
    private readonly double? _clip;

    /// <param name="config">The config.</param>
    /// <param name="clips">Whether the image is clipped when the config says nothing: only where it is a DDIM config.</param>
    public DdimScheduler(ConfigDocument config, bool clips)
    {
        Schedule = NoiseSchedule.Read(config);
        Prediction = PredictionTypes.Read(config);
        _spacing = Spacing.Read(config, Schedule.Length, "leading");
        _finalAlpha = config.Boolean("set_alpha_to_one", true) ? 1 : Schedule.AlphasCumprod[0];
        var clip = config.Boolean("clip_sample", clips);
        var range = config.Double("clip_sample_range", 1);
        _clip = clip ? range : null;
        config.Expect("thresholding", false);
    }

    public NoiseSchedule Schedule { get; }

    public PredictionType Prediction { get; }

    public ISchedulerRun Start(int steps, double eta = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(eta);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(eta, 1);
        var timesteps = Array.ConvertAll(_spacing.Descending(steps, rounded: true), t => (int)t);
        SchedulerFactory.CheckTimesteps(timesteps, Schedule.Length, steps);
        return new Run(this, timesteps, Schedule.Length / steps, (float)eta);
    }

    private sealed class Run(DdimScheduler owner, int[] timesteps, int stride, float eta) : ISchedulerRun
    {
        public IReadOnlyList<float> Timesteps { get; } = Array.ConvertAll(timesteps, t => (float)t);

        public float InitialNoiseScale => 1;

        public bool NeedsNoise(int step) => eta > 0;

        public Tensor ScaleInput(Tensor sample, int step) => sample.alias();

        public Tensor Step(Tensor output, Tensor sample, int step, Tensor? noise = null)
        {
            using var scope = NewDisposeScope();
            var alpha = owner.Schedule.AlphasCumprod[timesteps[step]];
            var nextAlpha = owner.Schedule.Alpha(timesteps[step] - stride, owner._finalAlpha);
            var beta = 1 - alpha;
            var (rootAlpha, rootBeta) = (MathF.Sqrt(alpha), MathF.Sqrt(beta));
            var (clean, epsilon) = owner.Prediction switch
            {
                PredictionType.Epsilon => ((sample - rootBeta * output) / rootAlpha, output),
                PredictionType.Sample => (output, (sample - rootAlpha * output) / rootBeta),
                _ => (rootAlpha * sample - rootBeta * output, rootAlpha * output + rootBeta * sample),
            };
            if (owner._clip is { } range)
            {
                clean = clean.clamp(-range, range);
            }

            var deviation = eta > 0 ? eta * MathF.Sqrt((1 - nextAlpha) / beta * (1 - (alpha / nextAlpha))) : 0;
            var next = MathF.Sqrt(nextAlpha) * clean + MathF.Sqrt(1 - nextAlpha - (deviation * deviation)) * epsilon;
            if (eta > 0)
            {
                ArgumentNullException.ThrowIfNull(noise);
                next += deviation * noise;
            }

            return next.MoveToOuterDisposeScope();
        }

        public void Dispose()
        {
        }
    }
}
