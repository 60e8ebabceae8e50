using StableRep.Engine.Checkpoints;

namespace StableRep.Engine.Diffusion;

/// <summary>Makes the sampler that a checkpoint's scheduler config describes, or another one over the same noise schedule.</summary>
public static class SchedulerFactory
{
    /// <summary>What replaces an ᾱ of 0 where a sampler divides by it: fp16's smallest positive number, 2⁻²⁴.</summary>
    internal const float SmallestAlpha = 1f / (1 << 24);

    private const string Ddim = "DDIMScheduler";
    private const string Pndm = "PNDMScheduler";
    private const string Euler = "EulerDiscreteScheduler";
    private const string EulerAncestral = "EulerAncestralDiscreteScheduler";
    private const string DpmSolver = "DPMSolverMultistepScheduler";

    // Keys of one sampler that stay in a config when another is chosen, and say nothing about the noise or the model.
    private static readonly string[] Leftovers =
    [
        "skip_prk_steps", "set_alpha_to_one", "clip_sample_range", "dynamic_thresholding_ratio", "sample_max_value", "steps_offset",
        "timestep_type", "interpolation_type", "final_sigmas_type", "solver_order", "solver_type", "algorithm_type", "lower_order_final",
        "euler_at_final", "lambda_min_clipped", "flow_shift", "time_shift_type", "sigma_min", "sigma_max",
    ];

    // Further such keys, which change what a sampler does: an error, unless somebody asks for another sampler by name.
    private static readonly string[] SpacingKeys =
        ["use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "use_lu_lambdas", "use_flow_sigmas", "clip_sample"];

    /// <summary>The names of the samplers that any generator can be sampled with.</summary>
    public static IReadOnlyList<string> Samplers { get; } =
        ["ddim", "pndm", "euler", "euler-karras", "euler-ancestral", "dpmpp-2m", "dpmpp-2m-karras"];

    /// <summary>Makes a sampler.</summary>
    /// <param name="config">A <c>scheduler_config.json</c> in the diffusers form; absent keys have the defaults of the class it names.</param>
    /// <param name="sampler">One of <see cref="Samplers"/> to use instead of the config's class, or null. The noise schedule, the prediction
    /// type and the timestep spacing stay the config's; what only the config's own class knows is dropped.</param>
    /// <exception cref="CheckpointException">The class, a key or a value is not supported; the message names the file and the key.</exception>
    /// <exception cref="ArgumentException"><paramref name="sampler"/> is not a sampler's name.</exception>
    public static IScheduler Create(ConfigDocument config, string? sampler = null)
    {
        config.Expect("_class_name", Ddim, Pndm, Euler, EulerAncestral, DpmSolver);
        var (className, karras) = sampler is null ? (config.String("_class_name"), (bool?)null) : Named(sampler);
        IScheduler scheduler = className switch
        {
            Ddim => new DdimScheduler(config, clips: config.String("_class_name") == Ddim),
            Pndm => new PndmScheduler(config),
            Euler => new EulerScheduler(config, karras),
            EulerAncestral => new EulerAncestralScheduler(config),
            _ => new DpmSolverScheduler(config, karras),
        };
        config.RejectUnread(sampler is null ? Leftovers : [.. Leftovers, .. SpacingKeys]);
        return scheduler;
    }

    /// <summary>The name of the sampler that a config describes: that of <see cref="Samplers"/> of its class and spacing.</summary>
    /// <param name="config">A <c>scheduler_config.json</c>.</param>
    /// <exception cref="CheckpointException">The class is not supported.</exception>
    public static string SamplerOf(ConfigDocument config)
    {
        config.Expect("_class_name", Ddim, Pndm, Euler, EulerAncestral, DpmSolver);
        var karras = config.Boolean("use_karras_sigmas", false);
        var className = config.String("_class_name");
        return Samplers.First(name => Named(name) is var (itsClass, itsKarras) && itsClass == className && (itsKarras ?? karras) == karras);
    }

    /// <summary>Reads how the noise levels are spaced.</summary>
    internal static SigmaSpacing ReadSigmaSpacing(ConfigDocument config, bool? karras)
    {
        if (karras is { } chosen)
        {
            return chosen ? SigmaSpacing.Karras : SigmaSpacing.ByTimestep;
        }

        config.Expect("use_beta_sigmas", false);
        return (config.Boolean("use_karras_sigmas", false), config.Boolean("use_exponential_sigmas", false)) switch
        {
            (true, true) => throw new CheckpointException(
                $"{config.Name}: 'use_karras_sigmas' and 'use_exponential_sigmas' are both true: only one can be used."),
            (true, _) => SigmaSpacing.Karras,
            (_, true) => SigmaSpacing.Exponential,
            _ => SigmaSpacing.ByTimestep,
        };
    }

    internal static float ReadFinalSigma(ConfigDocument config, SigmaTable table)
    {
        config.Expect("final_sigmas_type", "zero", "sigma_min");
        return config.String("final_sigmas_type", "zero") == "zero" ? 0 : table.Sigmas[0];
    }

    /// <summary>Refuses timesteps outside the schedule, which an offset can lead to when there are many steps.</summary>
    internal static void CheckTimesteps(IEnumerable<int> timesteps, int length, int steps)
    {
        foreach (var outside in timesteps.Where(t => t < 0 || t >= length))
        {
            throw new ArgumentOutOfRangeException(
                nameof(steps), steps, $"{steps} steps lead to timestep {outside}, outside the schedule of {length}: take fewer steps.");
        }
    }

    private static (string ClassName, bool? Karras) Named(string sampler) => sampler switch
    {
        "ddim" => (Ddim, null),
        "pndm" => (Pndm, null),
        "euler" => (Euler, false),
        "euler-karras" => (Euler, true),
        "euler-ancestral" => (EulerAncestral, null),
        "dpmpp-2m" => (DpmSolver, false),
        "dpmpp-2m-karras" => (DpmSolver, true),
        _ => throw new ArgumentException($"'{sampler}' is not a sampler: choose one of {string.Join(", ", Samplers)}.", nameof(sampler)),
    };
}
