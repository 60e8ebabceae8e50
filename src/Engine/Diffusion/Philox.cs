namespace StableRep.Engine.Diffusion;

/// <summary>
/// Philox-4x32-10 (Salmon et al. 2011): a random function of a 128-bit counter and a 64-bit key. Unlike a generator with a state, any number
/// of any stream can be had at once, and different counters never share a stream.
/// </summary>
internal static class Philox
{
    private const int Rounds = 10;

    /// <summary>Four random words.</summary>
    public static (uint A, uint B, uint C, uint D) Words(ulong key, uint a, uint b, uint c, uint d)
    {
        var (low, high) = ((uint)key, (uint)(key >> 32));
        for (var round = 0; round < Rounds; round++)
        {
            var (first, second) = (0xD2511F53UL * a, 0xCD9E8D57UL * c);
            (a, b, c, d) = ((uint)(second >> 32) ^ b ^ low, (uint)second, (uint)(first >> 32) ^ d ^ high, (uint)first);
            low = unchecked(low + 0x9E3779B9);
            high = unchecked(high + 0xBB67AE85);
        }

        return (a, b, c, d);
    }
}
