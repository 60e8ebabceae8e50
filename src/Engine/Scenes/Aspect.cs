using StableRep.Engine.Runtime;

namespace StableRep.Engine.Scenes;

/// <summary>What a random stream of a scene decides; each aspect has a stream of its own. The numbers are part of what makes scenes repeat.</summary>
internal enum Aspect
{
    Count = 1,
    Layout = 2,
    Classes = 3,
    Object = 4,
    Background = 5,
    Light = 6,
    Mention = 7,
    Wording = 8,
    Simplicity = 9,
}

internal static class AspectStreams
{
    /// <summary>The stream of an aspect of the scene of a seed.</summary>
    public static SeededRandom Of(this Aspect aspect, ulong sceneSeed, int index = 0) => new((long)sceneSeed, (long)aspect, index);
}
