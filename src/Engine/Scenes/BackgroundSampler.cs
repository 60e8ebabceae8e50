using StableRep.Engine.Runtime;

namespace StableRep.Engine.Scenes;

/// <summary>Draws backgrounds: duller than objects, and of colours that the objects stand out from.</summary>
internal static class BackgroundSampler
{
    private const int Attempts = 12;

    /// <summary>The distance of <see cref="SceneColour.DistanceTo"/> at which an object stands out well.</summary>
    private const float EnoughContrast = 210;

    public static SceneBackground Sample(SeededRandom random, SceneDescription given, ReadOnlySpan<SceneObject> objects)
    {
        if (given is { Landscape: not null, Background: not null and not BackgroundKind.Landscape })
            throw new ArgumentException($"A {given.Background} background shows no {given.Landscape}.", nameof(given));
        var drawn = random.NextSingle() switch
        {
            < 0.30f => BackgroundKind.Plain,
            < 0.52f => BackgroundKind.Gradient,
            < 0.82f => BackgroundKind.Landscape,
            _ => BackgroundKind.Noise,
        };
        var kind = given.Landscape is null ? given.Background ?? drawn : BackgroundKind.Landscape;
        SceneBackground? best = null;
        var bestContrast = float.NegativeInfinity;
        for (var i = 0; i < Attempts && bestContrast < EnoughContrast; i++)
        {
            var candidate = Draw(ref random, kind, given.Landscape);
            var contrast = float.PositiveInfinity;
            foreach (var it in objects)
                contrast = MathF.Min(contrast, MathF.Min(it.Shade.DistanceTo(candidate.First), it.Shade.DistanceTo(candidate.Second)));
            if (contrast > bestContrast) (best, bestContrast) = (candidate, contrast);
        }

        return best!;
    }

    private static SceneBackground Draw(ref SeededRandom random, BackgroundKind kind, Landscape? said)
    {
        var drawn = (Landscape)random.Next(6);
        var place = kind == BackgroundKind.Landscape ? said ?? drawn : (Landscape?)null;
        var (first, second) = place is { } shown ? Colours(ref random, shown) : Colours(ref random, kind);
        return new SceneBackground
        {
            Kind = kind,
            Landscape = place,
            First = first,
            Second = second,
            Angle = random.NextSingle(0, 360),
            Horizon = random.NextSingle(0.45f, 0.72f),
            Grain = random.NextSingle(0.08f, 0.25f),
            Seed = random.NextUInt64(),
        };
    }

    private static (SceneColour First, SceneColour Second) Colours(ref SeededRandom random, BackgroundKind kind)
    {
        var hue = random.NextSingle(0, 360);
        var tone = random.NextSingle();
        var (saturation, lightness) = tone switch
        {
            < 0.55f => (random.NextSingle(0.12f, 0.46f), random.NextSingle(0.76f, 0.92f)),
            < 0.80f => (random.NextSingle(0.12f, 0.42f), random.NextSingle(0.15f, 0.28f)),
            _ => (random.NextSingle(0.04f, 0.16f), random.NextSingle(0.45f, 0.65f)),
        };
        var first = SceneColour.FromHsl(hue, saturation, lightness);
        var step = kind == BackgroundKind.Noise ? random.NextSingle(0.07f, 0.13f) : random.NextSingle(0.12f, 0.22f);
        // Away from the nearer end of the lightness scale: the step is always there to be seen.
        var second = SceneColour.FromHsl(hue + random.NextSingle(-40, 40), saturation, lightness > 0.5f ? lightness - step : lightness + step);
        return kind == BackgroundKind.Plain ? (first, first) : (first, second);
    }

    private static (SceneColour Sky, SceneColour Ground) Colours(ref SeededRandom random, Landscape place)
    {
        var (hue, saturation, lightness) = (random.NextSingle(-8, 8), random.NextSingle(-0.06f, 0.06f), random.NextSingle(-0.05f, 0.05f));
        var shift = random.NextSingle(-0.05f, 0.05f);
        return place switch
        {
            Landscape.Meadow => (SceneColour.FromHsl(204 + hue, 0.55f + saturation, 0.82f + lightness), SceneColour.FromHsl(94 + hue, 0.36f + saturation, 0.60f + shift)),
            Landscape.Desert => (SceneColour.FromHsl(196 + hue, 0.45f + saturation, 0.86f + lightness), SceneColour.FromHsl(38 + hue, 0.48f + saturation, 0.73f + shift)),
            Landscape.Sea => (SceneColour.FromHsl(205 + hue, 0.40f + saturation, 0.88f + lightness), SceneColour.FromHsl(196 + hue, 0.42f + saturation, 0.56f + shift)),
            Landscape.Snow => (SceneColour.FromHsl(212 + hue, 0.28f + saturation, 0.74f + lightness), SceneColour.FromHsl(210 + hue, 0.30f + saturation, 0.93f + shift)),
            Landscape.Night => (SceneColour.FromHsl(232 + hue, 0.45f + saturation, 0.16f + lightness), SceneColour.FromHsl(226 + hue, 0.24f + saturation, 0.24f + shift)),
            _ => (SceneColour.FromHsl(22 + hue, 0.62f + saturation, 0.76f + lightness), SceneColour.FromHsl(300 + hue, 0.14f + saturation, 0.36f + shift)),
        };
    }
}
