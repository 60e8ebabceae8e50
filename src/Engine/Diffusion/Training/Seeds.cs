namespace StableRep.Engine.Diffusion.Training;

/// <summary>Derives independent seeds from one, so that a step's random numbers depend on its number alone and not on what ran before.</summary>
internal static class Seeds
{
    /// <summary>A seed for one purpose and one number (SplitMix64's finaliser over both, Steele et al. 2014).</summary>
    public static ulong Derive(ulong seed, ulong purpose, long number) => Mix(Mix(seed + (0x9E3779B97F4A7C15 * (purpose + 1))) ^ (ulong)number);

    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
