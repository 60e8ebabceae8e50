using StableRep.Engine.Checkpoints;
using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion;

/// <summary>
/// DPM-Solver++ (Lu et al. 2022, arXiv 2211.01095): a multistep solver of order 1 to 3 for the image that the model sees, and its
/// stochastic form (<c>sde-dpmsolver++</c>).
/// </summary>
internal sealed class DpmSolverScheduler : IScheduler
{
    private readonly Spacing _spacing;
    private readonly SigmaTable _table;
    private readonly SigmaSpacing _sigmaSpacing;
    private readonly bool _roundsTimesteps;
    private readonly int _lastTimestep;
    private readonly float _finalSigma;
    private readonly Solver _solver;

    /// <param name="config">The config.</param>
    /// <param name="karras">Whether to use Karras' spacing; null leaves it to the config.</param>
    public DpmSolverScheduler(ConfigDocument config, bool? karras)
    {
        Schedule = NoiseSchedule.Read(config, smallestAlpha: SchedulerFactory.SmallestAlpha);
        Prediction = PredictionTypes.Read(config);
        _spacing = Spacing.Read(config, Schedule.Length, "linspace");
        _table = new(Schedule.Sigmas());
        _sigmaSpacing = SchedulerFactory.ReadSigmaSpacing(config, karras);
        if (karras is null && config.Boolean("use_lu_lambdas", false) && _sigmaSpacing != SigmaSpacing.Karras)
        {
            _sigmaSpacing = SigmaSpacing.HalfLogSnr;
        }

        _roundsTimesteps = config.String("beta_schedule", "linear") != "squaredcos_cap_v2";
        _lastTimestep = LastTimestep(config.Double("lambda_min_clipped", double.NegativeInfinity));
        _finalSigma = SchedulerFactory.ReadFinalSigma(config, _table);

        config.Expect("algorithm_type", "dpmsolver++", "sde-dpmsolver++");
        config.Expect("solver_type", "midpoint", "heun");
        config.Expect("solver_order", config.String("algorithm_type", "dpmsolver++") == "dpmsolver++" ? [1, 2, 3] : [1, 2]);
        config.Expect("use_flow_sigmas", false);
        config.Expect("use_dynamic_shifting", false);
        config.Expect("variance_type", [null]);
        config.Expect("thresholding", false);
        _solver = new(
            config.Int32("solver_order", 2),
            config.String("solver_type", "midpoint") == "heun",
            config.String("algorithm_type", "dpmsolver++") == "sde-dpmsolver++",
            config.Boolean("lower_order_final", true),
            config.Boolean("euler_at_final", false) || config.String("final_sigmas_type", "zero") == "zero",
            Prediction);
    }

    public NoiseSchedule Schedule { get; }

    public PredictionType Prediction { get; }

    public ISchedulerRun Start(int steps, double eta = 0)
    {
        var timesteps = _spacing.DescendingWithEnd(steps, _lastTimestep);
        double[] sigmas;
        if (_sigmaSpacing == SigmaSpacing.ByTimestep)
        {
            sigmas = Array.ConvertAll(timesteps, t => Spacing.Interpolate(t, _table.Sigmas));
        }
        else
        {
            var rounds = _roundsTimesteps && _sigmaSpacing != SigmaSpacing.Exponential;
            sigmas = SigmaTable.Spaced(_sigmaSpacing, _table.Sigmas[^1], _table.Sigmas[0], steps);
            timesteps = Array.ConvertAll(sigmas, sigma => rounds ? Math.Round(_table.Timestep(sigma)) : Math.Truncate(_table.Timestep(sigma)));
        }

        return new Run([.. timesteps.Select(t => (float)t)], [.. sigmas.Select(sigma => (float)sigma), _finalSigma], _solver);
    }

    // The first timestep counted from the noisy end whose half log signal-to-noise ratio is not below the clip.
    private int LastTimestep(double lambdaClip)
    {
        var below = Schedule.AlphasCumprod.Reverse().TakeWhile(alpha => MathF.Log(MathF.Sqrt(alpha)) - MathF.Log(MathF.Sqrt(1 - alpha)) < lambdaClip);
        return Schedule.Length - below.Count();
    }

    private sealed record Solver(int Order, bool Heun, bool Stochastic, bool LowerOrderFinal, bool FirstOrderLast, PredictionType Prediction);

    /// <summary>A noise level at unit variance: α the image's share, σ the noise's, λ = log(α/σ).</summary>
    private readonly record struct Level
    {
        public Level(float sigma)
        {
            Alpha = 1 / MathF.Sqrt((sigma * sigma) + 1);
            Sigma = sigma * Alpha;
            Lambda = MathF.Log(Alpha) - MathF.Log(Sigma);
        }

        public float Alpha { get; }

        public float Sigma { get; }

        public float Lambda { get; }
    }

    private sealed class Run(float[] timesteps, float[] sigmas, Solver solver) : ISchedulerRun
    {
        private const int FewSteps = 15;
        private readonly Level[] _levels = Array.ConvertAll(sigmas, sigma => new Level(sigma));
        private readonly List<Tensor> _cleans = [];

        public IReadOnlyList<float> Timesteps => timesteps;

        public float InitialNoiseScale => 1;

        public bool NeedsNoise(int step) => solver.Stochastic && sigmas[step + 1] > 0;

        public Tensor ScaleInput(Tensor sample, int step) => sample.alias();

        public Tensor Step(Tensor output, Tensor sample, int step, Tensor? noise = null)
        {
            using var scope = NewDisposeScope();
            Remember(Clean(output, sample, step));
            var left = timesteps.Length - 1 - step;
            var stable = solver.LowerOrderFinal && timesteps.Length < FewSteps;
            var order = left == 0 && (solver.FirstOrderLast || stable) ? 1 : left == 1 && stable ? 2 : solver.Order;

            var next = Move(sample, step, Math.Min(order, _cleans.Count));
            if (NeedsNoise(step))
            {
                ArgumentNullException.ThrowIfNull(noise);
                var h = _levels[step + 1].Lambda - _levels[step].Lambda;
                next += _levels[step + 1].Sigma * MathF.Sqrt(1 - MathF.Exp(-2 * h)) * noise;
            }

            return next.MoveToOuterDisposeScope();
        }

        public void Dispose()
        {
            _cleans.ForEach(tensor => tensor.Dispose());
            _cleans.Clear();
        }

        private Tensor Clean(Tensor output, Tensor sample, int step)
        {
            var level = _levels[step];
            return solver.Prediction switch
            {
                PredictionType.Epsilon => (sample - level.Sigma * output) / level.Alpha,
                PredictionType.Sample => output,
                _ => level.Alpha * sample - level.Sigma * output,
            };
        }

        private void Remember(Tensor clean)
        {
            if (_cleans.Count == solver.Order)
            {
                _cleans[0].Dispose();
                _cleans.RemoveAt(0);
            }

            _cleans.Add(clean.clone().DetachFromDisposeScope());
        }

        // The terms of the integral's Taylor expansion in λ; a stochastic step is that of twice the length.
        private Tensor Move(Tensor sample, int step, int order)
        {
            var (target, current) = (_levels[step + 1], _levels[step]);
            var h = target.Lambda - current.Lambda;
            var length = solver.Stochastic ? 2 * h : h;
            var decay = MathF.Exp(-length) - 1;
            var keep = target.Sigma / current.Sigma * (solver.Stochastic ? MathF.Exp(-h) : 1);
            var next = keep * sample - target.Alpha * decay * _cleans[^1];
            if (order == 1)
            {
                return next;
            }

            var h0 = current.Lambda - _levels[step - 1].Lambda;
            var r0 = h0 / h;
            var slope = 1 / r0 * (_cleans[^1] - _cleans[^2]);
            if (order == 2)
            {
                var weight = solver.Heun ? (decay / length) + 1 : -0.5f * decay;
                return next + target.Alpha * weight * slope;
            }

            var r1 = (_levels[step - 1].Lambda - _levels[step - 2].Lambda) / h;
            var earlier = 1 / r1 * (_cleans[^2] - _cleans[^3]);
            var first = slope + r0 / (r0 + r1) * (slope - earlier);
            var second = 1 / (r0 + r1) * (slope - earlier);
            return next + target.Alpha * ((decay / length) + 1) * first
                - target.Alpha * (((decay + h) / (h * h)) - 0.5f) * second;
        }
    }
}
