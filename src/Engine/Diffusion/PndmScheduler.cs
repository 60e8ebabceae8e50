using StableRep.Engine.Checkpoints;
using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion;

/// <summary>
/// Pseudo numerical methods for diffusion models (Liu et al. 2022): a linear multistep method of order 4 (PLMS), started by three
/// Runge-Kutta steps of four model calls each, or, with <c>skip_prk_steps</c>, by lower orders and one repeated step.
/// </summary>
internal sealed class PndmScheduler : IScheduler
{
    private const int Order = 4;
    private readonly Spacing _spacing;
    private readonly float _finalAlpha;
    private readonly bool _skipsRungeKutta;

    public PndmScheduler(ConfigDocument config)
    {
        Schedule = NoiseSchedule.Read(config, rescalable: false);
        Prediction = PredictionTypes.Read(config, sampleAllowed: false);
        _spacing = Spacing.Read(config, Schedule.Length, "leading");
        _finalAlpha = config.Boolean("set_alpha_to_one", false) ? 1 : Schedule.AlphasCumprod[0];
        _skipsRungeKutta = config.Boolean("skip_prk_steps", false);
    }

    public NoiseSchedule Schedule { get; }

    public PredictionType Prediction { get; }

    public ISchedulerRun Start(int steps, double eta = 0)
    {
        int[] ascending = [.. _spacing.Descending(steps, rounded: true).Reverse().Select(t => (int)t)];
        SchedulerFactory.CheckTimesteps(ascending, Schedule.Length, steps);
        return _skipsRungeKutta
            ? new Run(this, [.. ascending[..^1], .. ascending[^Math.Min(2, steps)..^1], ascending[^1]], 0, Schedule.Length / steps)
            : WithRungeKutta(ascending, steps);
    }

    private Run WithRungeKutta(int[] ascending, int steps)
    {
        if (steps < Order)
        {
            throw new ArgumentOutOfRangeException(nameof(steps), steps, $"PNDM without skip_prk_steps takes at least {Order} steps.");
        }

        // Each of the noisiest timesteps is followed by its half step; the inner ones of that list are visited twice.
        var half = Schedule.Length / steps / 2;
        int[] halves = [.. ascending[^Order..].SelectMany(t => new[] { t, t + half }).SkipLast(1)];
        SchedulerFactory.CheckTimesteps(halves, Schedule.Length, steps);
        int[] rungeKutta = [.. halves.SelectMany(t => new[] { t, t }).Skip(1).SkipLast(1)];
        return new(this, [.. ascending[..^3], .. rungeKutta], rungeKutta.Length, Schedule.Length / steps);
    }

    private Tensor Move(Tensor sample, int timestep, int nextTimestep, Tensor output)
    {
        var alpha = Schedule.Alpha(timestep, _finalAlpha);
        var nextAlpha = Schedule.Alpha(nextTimestep, _finalAlpha);
        var (beta, nextBeta) = (1 - alpha, 1 - nextAlpha);
        if (Prediction == PredictionType.VPrediction)
        {
            output = MathF.Sqrt(alpha) * output + MathF.Sqrt(beta) * sample;
        }

        var denominator = (alpha * MathF.Sqrt(nextBeta)) + MathF.Sqrt(alpha * beta * nextAlpha);
        return MathF.Sqrt(nextAlpha / alpha) * sample - (nextAlpha - alpha) * output / denominator;
    }

    /// <param name="owner">The config.</param>
    /// <param name="ascending">The timesteps of all calls, the last first.</param>
    /// <param name="rungeKuttaCalls">How many of the calls, from the first, are Runge-Kutta's.</param>
    /// <param name="stride">Training timesteps of one step.</param>
    private sealed class Run(PndmScheduler owner, int[] ascending, int rungeKuttaCalls, int stride) : ISchedulerRun
    {
        private readonly int[] _timesteps = [.. ascending.Reverse()];
        private readonly List<Tensor> _history = [];
        private Tensor? _start;
        private Tensor? _sum;

        public IReadOnlyList<float> Timesteps { get; } = [.. ascending.Reverse().Select(t => (float)t)];

        public float InitialNoiseScale => 1;

        public bool NeedsNoise(int step) => false;

        public Tensor ScaleInput(Tensor sample, int step) => sample.alias();

        public Tensor Step(Tensor output, Tensor sample, int step, Tensor? noise = null)
        {
            using var scope = NewDisposeScope();
            var next = step < rungeKuttaCalls ? RungeKutta(output, sample, step) : Multistep(output, sample, step);
            return next.MoveToOuterDisposeScope();
        }

        public void Dispose()
        {
            _history.ForEach(tensor => tensor.Dispose());
            _history.Clear();
            Keep(ref _start, null);
            Keep(ref _sum, null);
        }

        private static void Keep(ref Tensor? slot, Tensor? value)
        {
            var kept = value?.clone().DetachFromDisposeScope();
            slot?.Dispose();
            slot = kept;
        }

        private Tensor RungeKutta(Tensor output, Tensor sample, int call)
        {
            var next = _timesteps[call] - (call % 2 == 0 ? stride / 2 : 0);
            switch (call % 4)
            {
                case 0:
                    Remember(output);
                    Keep(ref _start, sample);
                    Keep(ref _sum, 1f / 6 * output);
                    break;
                case 1 or 2:
                    Keep(ref _sum, _sum! + 1f / 3 * output);
                    break;
                default:
                    output = _sum! + 1f / 6 * output;
                    break;
            }

            return owner.Move(_start!, _timesteps[call / 4 * 4], next, output);
        }

        private Tensor Multistep(Tensor output, Tensor sample, int call)
        {
            var timestep = _timesteps[call];
            var next = timestep - stride;
            if (call == 1)
            {
                // The second call repeats the first step with the mean of both outputs.
                var mean = (output + _history[^1]) / 2;
                return owner.Move(_start!, timestep + stride, timestep, mean);
            }

            if (call == 0)
            {
                Keep(ref _start, sample);
            }

            Remember(output);
            var combined = _history switch
            {
                [var a] => a,
                [var b, var a] => (3 * a - b) / 2,
                [var c, var b, var a] => (23 * a - 16 * b + 5 * c) / 12,
                [var d, var c, var b, var a] => 1f / 24 * (55 * a - 59 * b + 37 * c - 9 * d),
                _ => throw new InvalidOperationException("PNDM's steps must be taken in order."),
            };
            return owner.Move(sample, timestep, next, combined);
        }

        private void Remember(Tensor output)
        {
            if (_history.Count == Order)
            {
                _history[0].Dispose();
                _history.RemoveAt(0);
            }

            _history.Add(output.clone().DetachFromDisposeScope());
        }
    }
}
