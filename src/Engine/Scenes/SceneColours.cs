using StableRep.Engine.Runtime;

namespace StableRep.Engine.Scenes;

/// <summary>What the colours' names mean, in hue (degrees), saturation and lightness.</summary>
internal static class SceneColours
{
    public static SceneColour Sample(ref SeededRandom random, ObjectColour colour)
    {
        var range = RangeOf(colour);
        return SceneColour.FromHsl(
            random.NextSingle(range.Hue.From, range.Hue.To),
            random.NextSingle(range.Saturation.From, range.Saturation.To),
            random.NextSingle(range.Lightness.From, range.Lightness.To));
    }

    /// <summary>Whether a pattern's second colour is lighter than the first: whichever shows, at random where both do.</summary>
    public static bool PatternIsLight(ref SeededRandom random, ObjectColour colour)
    {
        var drawn = random.Chance(0.6f);
        return colour switch
        {
            ObjectColour.White or ObjectColour.Yellow or ObjectColour.Pink => false,
            ObjectColour.Black or ObjectColour.Brown or ObjectColour.Orange => true,
            _ => drawn,
        };
    }

    private static ColourRange RangeOf(ObjectColour colour) => colour switch
    {
        ObjectColour.Red => new((-8, 6), (0.78f, 0.95f), (0.42f, 0.53f)),
        ObjectColour.Orange => new((23, 33), (0.90f, 1.00f), (0.50f, 0.57f)),
        ObjectColour.Yellow => new((48, 56), (0.88f, 1.00f), (0.50f, 0.62f)),
        ObjectColour.Green => new((105, 148), (0.50f, 0.80f), (0.30f, 0.46f)),
        ObjectColour.Blue => new((208, 230), (0.65f, 0.95f), (0.40f, 0.56f)),
        ObjectColour.Purple => new((267, 288), (0.45f, 0.75f), (0.38f, 0.52f)),
        ObjectColour.Pink => new((324, 342), (0.75f, 1.00f), (0.69f, 0.79f)),
        ObjectColour.Brown => new((17, 28), (0.45f, 0.62f), (0.24f, 0.34f)),
        ObjectColour.White => new((0, 360), (0.00f, 0.12f), (0.92f, 0.98f)),
        _ => new((0, 360), (0.00f, 0.10f), (0.08f, 0.15f)),
    };

    private readonly record struct ColourRange((float From, float To) Hue, (float From, float To) Saturation, (float From, float To) Lightness);
}
