namespace StableRep.Engine.Scenes;

/// <summary>
/// The easy end of the world, for a generator's first lessons: mostly one object, large, in the middle, without a pattern, before a calm background.
/// Where objects lie on each other the mean picture of a class has its outline, so that the word already tells something at noise levels that
/// hide everything else; of objects anywhere it is a round blot, whatever the class.
/// </summary>
public static class SimpleScenes
{
    /// <summary>What the simple scene of a seed must show; everything else varies as in all scenes.</summary>
    public static SceneDescription Describe(ulong seed)
    {
        var random = Aspect.Simplicity.Of(seed);
        var (alone, large, plain, calm, middle) = (random.Chance(0.9f), random.Chance(0.85f), random.Chance(0.8f), random.NextSingle(), random.Chance(0.7f));
        return new SceneDescription
        {
            Count = alone ? 1 : 2,
            Objects =
            [
                new ObjectDescription
                {
                    Size = alone ? large ? SizeBand.Large : SizeBand.Medium : null,
                    Place = alone && middle ? Place.Middle : null,
                    Texture = plain ? ObjectTexture.Plain : null,
                },
            ],
            Background = calm < 0.6f ? BackgroundKind.Plain : calm < 0.9f ? BackgroundKind.Gradient : null,
        };
    }
}
