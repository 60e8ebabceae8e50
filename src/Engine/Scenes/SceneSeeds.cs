using StableRep.Engine.Runtime;

namespace StableRep.Engine.Scenes;

/// <summary>What scenes are drawn for. Each purpose has a range of seeds of its own, so that no picture serves two.</summary>
public enum SceneDomain : byte
{
    /// <summary>The stream that generators are trained on.</summary>
    Training = 1,

    /// <summary>Sample caption sets.</summary>
    Captions = 2,

    /// <summary>The training halves of probe datasets.</summary>
    ProbeTrain = 3,

    /// <summary>The test halves of probe datasets.</summary>
    ProbeTest = 4,

    /// <summary>Real image sets: true renders of captions.</summary>
    Real = 5,

    /// <summary>What a classifier that judges generated images is trained on.</summary>
    JudgeTrain = 6,

    /// <summary>What that classifier is tested on, and the captions it judges by.</summary>
    JudgeTest = 7,
}

/// <summary>
/// Seeds of scenes: the highest 8 bits are the <see cref="SceneDomain"/>, so that the ranges of two domains are disjoint whatever the user's
/// seed; the lower 56 are a hash of the domain, the user's seed and the index.
/// </summary>
public static class SceneSeeds
{
    private const int DomainShift = 56;

    /// <summary>The seed of scene <paramref name="index"/> of a stream.</summary>
    public static ulong Of(SceneDomain domain, ulong seed, long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var hash = new SeededRandom((long)seed, (long)domain, index).NextUInt64();
        return ((ulong)domain << DomainShift) | (hash >> (64 - DomainShift));
    }

    /// <summary>The domain that a seed belongs to.</summary>
    public static SceneDomain DomainOf(ulong sceneSeed) => (SceneDomain)(sceneSeed >> DomainShift);
}
