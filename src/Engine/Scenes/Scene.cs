namespace StableRep.Engine.Scenes;

/// <summary>Everything that a picture shows, in numbers without units of pixels: rendering it at another size shows the same scene.</summary>
public sealed record Scene
{
    /// <summary>One to three objects of different classes; the first is the main one, clearly the largest.</summary>
    public required IReadOnlyList<SceneObject> Objects { get; init; }

    /// <summary>What lies behind them.</summary>
    public required SceneBackground Background { get; init; }

    /// <summary>Light and lens.</summary>
    public required SceneLight Light { get; init; }

    /// <summary>The main object.</summary>
    public SceneObject Main => Objects[0];
}

/// <summary>One object.</summary>
public sealed record SceneObject
{
    /// <summary>What it is.</summary>
    public required ObjectClass Class { get; init; }

    /// <summary>The colour's name.</summary>
    public required ObjectColour Colour { get; init; }

    /// <summary>The colour itself, inside the range of its name.</summary>
    public required SceneColour Shade { get; init; }

    /// <summary>The pattern.</summary>
    public required ObjectTexture Texture { get; init; }

    /// <summary>How the pattern is drawn; ignored by plain objects.</summary>
    public required TextureStyle Style { get; init; }

    /// <summary>The side of the square that holds the upright object, as a fraction of the picture's width.</summary>
    public required float Size { get; init; }

    /// <summary>The centre, from the left, as a fraction of the width.</summary>
    public required float X { get; init; }

    /// <summary>The centre, from the top, as a fraction of the height.</summary>
    public required float Y { get; init; }

    /// <summary>Degrees, clockwise from the upright pose.</summary>
    public required float Rotation { get; init; }

    /// <summary>Whether it is mirrored: those that look to a side then look left.</summary>
    public required bool Mirrored { get; init; }

    /// <summary>Four proportions in [0, 1]; each class reads them in its own way (a roof's height, the number of petals ...).</summary>
    public required ObjectShape Shape { get; init; }

    /// <summary>The outline's width as a fraction of <see cref="Size"/>; 0 draws none.</summary>
    public required float Outline { get; init; }

    /// <summary>The named band of <see cref="Size"/>.</summary>
    public SizeBand Band => Size <= SceneRules.SmallSize ? SizeBand.Small : Size >= SceneRules.LargeSize ? SizeBand.Large : SizeBand.Medium;

    /// <summary>Whether it is turned from upright far enough to be called tilted.</summary>
    public bool IsTilted => SceneRules.HasUpright(Class) && MathF.Abs(Rotation) >= SceneRules.TiltedDegrees;

    /// <summary>Whether the centre lies in the named part of the picture.</summary>
    public bool IsAt(Place place) => place switch
    {
        Place.Left => X < SceneRules.NearEdge,
        Place.Right => X > 1 - SceneRules.NearEdge,
        Place.Top => Y < SceneRules.NearEdge,
        Place.Bottom => Y > 1 - SceneRules.NearEdge,
        _ => MathF.Abs(X - 0.5f) <= SceneRules.MiddleHalfWidth && MathF.Abs(Y - 0.5f) <= SceneRules.MiddleHalfWidth,
    };
}

/// <summary>Four proportions in [0, 1].</summary>
public readonly record struct ObjectShape(float A, float B, float C, float D);

/// <summary>How a pattern is drawn.</summary>
/// <param name="Angle">Degrees of the stripes or of the dots' grid.</param>
/// <param name="Period">The distance from one stripe or dot to the next, as a fraction of the object's size.</param>
/// <param name="Phase">The displacement in periods, in [0, 1).</param>
/// <param name="Cover">How much of a period the second colour takes, in (0, 1).</param>
/// <param name="Light">Whether the second colour is lighter than the object's, else it is darker.</param>
public readonly record struct TextureStyle(float Angle, float Period, float Phase, float Cover, bool Light);

/// <summary>A colour, 8-bit sRGB.</summary>
public readonly record struct SceneColour(byte R, byte G, byte B)
{
    /// <summary>The colour at <paramref name="t"/> of the way to another, mixed in sRGB.</summary>
    public SceneColour Towards(SceneColour other, float t) => new(Mix(R, other.R, t), Mix(G, other.G, t), Mix(B, other.B, t));

    /// <summary>A rough perceptual distance (weighted RGB, in [0, 765]) in exact arithmetic, so that scenes are the same on every platform.</summary>
    public float DistanceTo(SceneColour other)
    {
        var mean = (R + other.R) / 2;
        var (r, g, b) = (R - other.R, G - other.G, B - other.B);
        return MathF.Sqrt((((512 + mean) * r * r) >> 8) + 4 * g * g + (((767 - mean) * b * b) >> 8));
    }

    /// <summary>From hue in degrees, saturation and lightness in [0, 1].</summary>
    public static SceneColour FromHsl(float hue, float saturation, float lightness)
    {
        var amplitude = saturation * MathF.Min(lightness, 1 - lightness);
        byte Channel(int n)
        {
            var k = (n + hue / 30 + 24) % 12;
            return (byte)((lightness - amplitude * MathF.Max(-1, MathF.Min(MathF.Min(k - 3, 9 - k), 1))) * 255 + 0.5f);
        }

        return new SceneColour(Channel(0), Channel(8), Channel(4));
    }

    private static byte Mix(byte from, byte to, float t) => (byte)(from + (to - from) * t + 0.5f);
}

/// <summary>What lies behind the objects.</summary>
public sealed record SceneBackground
{
    /// <summary>The kind.</summary>
    public required BackgroundKind Kind { get; init; }

    /// <summary>The place, for <see cref="BackgroundKind.Landscape"/>, else null.</summary>
    public Landscape? Landscape { get; init; }

    /// <summary>The only colour; a gradient's beginning; the sky; one colour of the blotches.</summary>
    public required SceneColour First { get; init; }

    /// <summary>A gradient's end; the ground; the other colour of the blotches.</summary>
    public required SceneColour Second { get; init; }

    /// <summary>A gradient's direction in degrees.</summary>
    public required float Angle { get; init; }

    /// <summary>The horizon's height from the top, as a fraction.</summary>
    public required float Horizon { get; init; }

    /// <summary>The blotches' size as a fraction of the width.</summary>
    public required float Grain { get; init; }

    /// <summary>The seed of everything random in its drawing: blotches, hills, clouds, stars.</summary>
    public required ulong Seed { get; init; }
}

/// <summary>Light and lens.</summary>
public sealed record SceneLight
{
    /// <summary>Where the light comes from: degrees clockwise from above.</summary>
    public required float Angle { get; init; }

    /// <summary>How much it models the objects, in [0, 1].</summary>
    public required float Strength { get; init; }

    /// <summary>The shadow of all objects.</summary>
    public required ShadowKind Shadow { get; init; }

    /// <summary>A factor on the whole picture, near 1.</summary>
    public required float Brightness { get; init; }

    /// <summary>The lens's blur: standard deviation as a fraction of the picture's width; 0 is sharp.</summary>
    public required float Blur { get; init; }
}
