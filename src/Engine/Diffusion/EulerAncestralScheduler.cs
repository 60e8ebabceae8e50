using StableRep.Engine.Checkpoints;
using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion;

/// <summary>Euler steps to a lower noise level than asked, made up for by fresh noise.</summary>
internal sealed class EulerAncestralScheduler : IScheduler
{
    private readonly Spacing _spacing;
    private readonly float[] _sigmas;

    public EulerAncestralScheduler(ConfigDocument config)
    {
        Schedule = NoiseSchedule.Read(config, smallestAlpha: SchedulerFactory.SmallestAlpha);
        Prediction = PredictionTypes.Read(config, sampleAllowed: false);
        _spacing = Spacing.Read(config, Schedule.Length, "linspace");
        _sigmas = Schedule.Sigmas();
    }

    public NoiseSchedule Schedule { get; }

    public PredictionType Prediction { get; }

    public ISchedulerRun Start(int steps, double eta = 0)
    {
        var timesteps = Array.ConvertAll(_spacing.Descending(steps, rounded: false), t => (float)t);
        float[] levels = [.. timesteps.Select(t => (float)Spacing.Interpolate(t, _sigmas)), 0];
        return new Run(timesteps, levels, Prediction, _spacing.IsLeading);
    }

    private sealed class Run(float[] timesteps, float[] sigmas, PredictionType prediction, bool leading) : ISchedulerRun
    {
        public IReadOnlyList<float> Timesteps => timesteps;

        public float InitialNoiseScale { get; } = SigmaSteps.InitialScale(sigmas, leading);

        public bool NeedsNoise(int step) => sigmas[step + 1] > 0;

        public Tensor ScaleInput(Tensor sample, int step) => SigmaSteps.ScaleInput(sample, sigmas[step]);

        public Tensor Step(Tensor output, Tensor sample, int step, Tensor? noise = null)
        {
            using var scope = NewDisposeScope();
            var (from, to) = (sigmas[step], sigmas[step + 1]);
            var up = MathF.Sqrt(to * to * ((from * from) - (to * to)) / (from * from));
            var down = MathF.Sqrt((to * to) - (up * up));
            var slope = (sample - SigmaSteps.Clean(output, sample, from, prediction)) / from;
            var next = sample + slope * (down - from);
            if (NeedsNoise(step))
            {
                ArgumentNullException.ThrowIfNull(noise);
                next += noise * up;
            }

            return next.MoveToOuterDisposeScope();
        }

        public void Dispose()
        {
        }
    }
}
