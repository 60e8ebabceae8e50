using StableRep.Engine.Checkpoints;
using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion;

/// <summary>Euler steps along the noise level σ, the image not scaled down (Karras et al. 2022, algorithm 2 without churn).</summary>
internal sealed class EulerScheduler : IScheduler
{
    private readonly Spacing _spacing;
    private readonly SigmaTable _table;
    private readonly SigmaSpacing _sigmaSpacing;
    private readonly (double? Largest, double? Smallest) _ends;
    private readonly bool _logLinear;
    private readonly bool _continuous;
    private readonly float _finalSigma;

    /// <param name="config">The config.</param>
    /// <param name="karras">Whether to use Karras' spacing; null leaves it to the config.</param>
    public EulerScheduler(ConfigDocument config, bool? karras)
    {
        Schedule = NoiseSchedule.Read(config, smallestAlpha: SchedulerFactory.SmallestAlpha);
        Prediction = PredictionTypes.Read(config);
        _spacing = Spacing.Read(config, Schedule.Length, "linspace");
        _table = new(Schedule.Sigmas());
        _sigmaSpacing = SchedulerFactory.ReadSigmaSpacing(config, karras);
        _ends = (Optional(config, "sigma_max"), Optional(config, "sigma_min"));
        config.Expect("interpolation_type", "linear", "log_linear");
        _logLinear = config.String("interpolation_type", "linear") == "log_linear";
        config.Expect("timestep_type", "discrete", "continuous");
        _continuous = config.String("timestep_type", "discrete") == "continuous" && Prediction == PredictionType.VPrediction;
        _finalSigma = SchedulerFactory.ReadFinalSigma(config, _table);
    }

    public NoiseSchedule Schedule { get; }

    public PredictionType Prediction { get; }

    public ISchedulerRun Start(int steps, double eta = 0)
    {
        var timesteps = Array.ConvertAll(_spacing.Descending(steps, rounded: false), t => (double)(float)t);
        var sigmas = _logLinear ? LogLinear(steps) : Array.ConvertAll(timesteps, t => Spacing.Interpolate(t, _table.Sigmas));
        if (_sigmaSpacing != SigmaSpacing.ByTimestep)
        {
            sigmas = SigmaTable.Spaced(_sigmaSpacing, _ends.Largest ?? sigmas[0], _ends.Smallest ?? sigmas[^1], steps);
            timesteps = Array.ConvertAll(sigmas, _table.Timestep);
        }

        float[] levels = [.. sigmas.Select(sigma => (float)sigma), _finalSigma];
        var asked = _continuous
            ? Array.ConvertAll(levels[..^1], sigma => 0.25f * MathF.Log(sigma))
            : Array.ConvertAll(timesteps, t => (float)t);
        return new Run(asked, levels, Prediction, _spacing.IsLeading);
    }

    private static double? Optional(ConfigDocument config, string key) => config.Has(key) ? config.Double(key) : null;

    // One level more than there are steps: the last step ends at the schedule's smallest σ, as in the reference.
    private double[] LogLinear(int steps)
    {
        using var scope = NewDisposeScope();
        var (largest, smallest) = (_table.Sigmas[^1], _table.Sigmas[0]);
        return Array.ConvertAll(
            linspace(MathF.Log(largest), MathF.Log(smallest), steps + 1, float32).exp().data<float>().ToArray(), sigma => (double)sigma);
    }

    private sealed class Run(float[] timesteps, float[] sigmas, PredictionType prediction, bool leading) : ISchedulerRun
    {
        public IReadOnlyList<float> Timesteps => timesteps;

        public float InitialNoiseScale { get; } = SigmaSteps.InitialScale(sigmas, leading);

        public bool NeedsNoise(int step) => false;

        public Tensor ScaleInput(Tensor sample, int step) => SigmaSteps.ScaleInput(sample, sigmas[step]);

        public Tensor Step(Tensor output, Tensor sample, int step, Tensor? noise = null)
        {
            using var scope = NewDisposeScope();
            var slope = (sample - SigmaSteps.Clean(output, sample, sigmas[step], prediction)) / sigmas[step];
            return (sample + slope * (sigmas[step + 1] - sigmas[step])).MoveToOuterDisposeScope();
        }

        public void Dispose()
        {
        }
    }
}
