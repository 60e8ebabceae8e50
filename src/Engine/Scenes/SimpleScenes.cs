namespace StableRep.Engine.Scenes;

/// <summary>
/// The easy end of the world, for a generator's first lessons: mostly one object, large, without a pattern, before a calm background. Shapes are learned
/// from these with a fraction of the images that the whole world takes.
/// </summary>
public static class SimpleScenes
{
    /// <summary>What the simple scene of a seed must show; everything else varies as in all scenes.</summary>
    public static SceneDescription Describe(ulong seed)
    {
        var random = Aspect.Simplicity.Of(seed);
        var (alone, large, plain, calm) = (random.Chance(0.85f), random.Chance(0.7f), random.Chance(0.7f), random.NextSingle());
        return new SceneDescription
        {
            Count = alone ? 1 : 2,
            Objects =
            [
                new ObjectDescription
                {
                    Size = alone ? large ? SizeBand.Large : SizeBand.Medium : null,
                    Texture = plain ? ObjectTexture.Plain : null,
                },
            ],
            Background = calm < 0.5f ? BackgroundKind.Plain : calm < 0.8f ? BackgroundKind.Gradient : null,
        };
    }
}
