namespace StableRep.Engine.Diffusion;

/// <summary>How a sampler chooses its noise levels.</summary>
internal enum SigmaSpacing
{
    /// <summary>Those of its timesteps.</summary>
    ByTimestep,

    /// <summary>Evenly by the seventh root (Karras et al. 2022, equation 5).</summary>
    Karras,

    /// <summary>Evenly by the logarithm.</summary>
    Exponential,

    /// <summary>Evenly by the logarithm, at whole timesteps (Lu et al. 2022).</summary>
    HalfLogSnr,
}

/// <summary>Noise levels spaced other than by timesteps, and the timestep of a noise level.</summary>
internal sealed class SigmaTable
{
    private readonly float[] _logSigmas;

    public SigmaTable(float[] sigmas)
    {
        Sigmas = sigmas;
        _logSigmas = Array.ConvertAll(sigmas, sigma => (float)Math.Log(sigma));
    }

    /// <summary>σ of each training timestep, ascending.</summary>
    public float[] Sigmas { get; }

    /// <summary>Noise levels from the largest to the smallest.</summary>
    public static double[] Spaced(SigmaSpacing spacing, double largest, double smallest, int count)
    {
        return spacing == SigmaSpacing.Karras
            ? Between(sigma => Math.Pow(sigma, 1 / 7.0), root => Math.Pow(root, 7))
            : Between(Math.Log, Math.Exp);

        double[] Between(Func<double, double> to, Func<double, double> from) =>
            Array.ConvertAll(Spacing.Linspace(to(largest), to(smallest), count), value => from(value));
    }

    /// <summary>The timestep of a noise level, between two training timesteps by the logarithm.</summary>
    public double Timestep(double sigma)
    {
        // In fp32 as in the reference: rounding decides which whole timestep the ends of a schedule come to.
        var logarithm = (float)Math.Log(Math.Max(sigma, 1e-10));
        var below = Math.Clamp(Array.FindLastIndex(_logSigmas, value => value <= logarithm), 0, _logSigmas.Length - 2);
        var (low, high) = (_logSigmas[below], _logSigmas[below + 1]);
        var weight = Math.Clamp((low - logarithm) / (low - high), 0, 1);
        return ((double)(1 - weight) * below) + ((double)weight * (below + 1));
    }
}
