namespace StableRep.Engine.Runtime;

/// <summary>
/// Random numbers that follow from a seed and a few coordinates alone (epoch, sample, view), on every machine and in every version:
/// SplitMix64 (Steele, Lea and Flood 2014).
/// </summary>
internal struct SeededRandom
{
    private const ulong Step = 0x9E3779B97F4A7C15;
    private ulong _state;

    /// <summary>The stream of one place; streams of neighbouring places have nothing in common.</summary>
    public SeededRandom(long seed, params ReadOnlySpan<long> coordinates)
    {
        _state = Mix((ulong)seed + Step);
        foreach (var coordinate in coordinates)
        {
            _state = Mix(_state ^ ((ulong)coordinate * Step + Step));
        }
    }

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64() => Mix(_state += Step);

    /// <summary>A number in [0, 1).</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public double NextDouble(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>A number in [0, 1) with 24 random bits.</summary>
    public float NextSingle() => (NextUInt64() >> 40) * (1f / (1 << 24));

    /// <summary>A number in [<paramref name="low"/>, <paramref name="high"/>]; the upper limit only by rounding.</summary>
    public float NextSingle(float low, float high) => low + (high - low) * NextSingle();

    /// <summary>True with the given probability.</summary>
    public bool Chance(float probability) => NextSingle() < probability;

    /// <summary>One of the items, each as likely.</summary>
    public T Pick<T>(params ReadOnlySpan<T> items) => items[Next(items.Length)];

    /// <summary>An integer in [0, <paramref name="count"/>); the bias is under <paramref name="count"/> / 2^64.</summary>
    public int Next(int count) => (int)Math.BigMul(NextUInt64(), (ulong)count, out _);

    /// <summary>Puts the first <paramref name="count"/> places of a random order at the front (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var other = i + Next(items.Length - i);
            (items[i], items[other]) = (items[other], items[i]);
        }
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
