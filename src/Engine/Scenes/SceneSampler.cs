using StableRep.Engine.Runtime;

namespace StableRep.Engine.Scenes;

/// <summary>
/// Draws scenes. Each aspect has a random stream of its own, so that fixing one by a description leaves the others as they were.
/// Scenes are equal on every platform.
/// </summary>
public static class SceneSampler
{
    private const int MaximumObjects = 3;

    /// <summary>The scene of a seed.</summary>
    public static Scene Sample(ulong seed) => Sample(seed, SceneDescription.Anything);

    /// <summary>The scene of a seed among those that <paramref name="given"/> is true of; what it leaves open varies as in all scenes.</summary>
    /// <exception cref="ArgumentException">No scene fits the description.</exception>
    public static Scene Sample(ulong seed, SceneDescription given)
    {
        var count = SampleCount(Aspect.Count.Of(seed), given);
        var boxes = SceneLayout.Sample(Aspect.Layout.Of(seed), count, given);
        var classes = SampleClasses(Aspect.Classes.Of(seed), count, given);
        var objects = new SceneObject[count];
        for (var i = 0; i < count; i++)
            objects[i] = SampleObject(Aspect.Object.Of(seed, i), classes[i], boxes[i], Said(given, i));
        return new Scene
        {
            Objects = objects,
            Background = BackgroundSampler.Sample(Aspect.Background.Of(seed), given, objects),
            Light = SampleLight(Aspect.Light.Of(seed), given),
        };
    }

    private static ObjectDescription? Said(SceneDescription given, int index) => index < given.Objects.Count ? given.Objects[index] : null;

    private static int SampleCount(SeededRandom random, SceneDescription given)
    {
        var draw = random.NextSingle();
        var count = given.Count ?? (given.Relation is null ? Math.Max(draw < 0.80f ? 1 : draw < 0.95f ? 2 : 3, given.Objects.Count) : 2);
        if (count < 1 || count > MaximumObjects || count < given.Objects.Count || (given.Relation is not null && count != 2))
            throw new ArgumentException($"No scene has {count} objects of which {given.Objects.Count} are described (relation: {given.Relation?.ToString() ?? "none"}); scenes have 1 to {MaximumObjects}.", nameof(given));
        return count;
    }

    private static ObjectClass[] SampleClasses(SeededRandom random, int count, SceneDescription given)
    {
        var taken = 0u;
        for (var i = 0; i < given.Objects.Count; i++)
        {
            if (given.Objects[i].Class is not { } said) continue;
            if ((taken & (1u << (int)said)) != 0)
                throw new ArgumentException($"A scene's objects are of different classes, and the description names {said} twice.", nameof(given));
            taken |= 1u << (int)said;
        }

        var classes = new ObjectClass[count];
        for (var i = 0; i < count; i++)
        {
            // Drawn although it may be given: what follows in the stream then does not depend on it.
            ObjectClass drawn;
            do drawn = (ObjectClass)random.Next(SceneRules.ClassCount);
            while ((taken & (1u << (int)drawn)) != 0 || !Fits(drawn, Said(given, i)));
            classes[i] = Said(given, i)?.Class ?? drawn;
            taken |= 1u << (int)classes[i];
        }

        return classes;

        static bool Fits(ObjectClass drawn, ObjectDescription? said) => said is null || said.Class is not null
            || ((said.FacesLeft is null || SceneRules.HasFacing(drawn)) && (!said.Tilted || SceneRules.HasUpright(drawn)));
    }

    private static SceneObject SampleObject(SeededRandom random, ObjectClass of, LayoutBox box, ObjectDescription? said)
    {
        if (said is { FacesLeft: not null } && !SceneRules.HasFacing(of))
            throw new ArgumentException($"A {of} does not look to a side.", nameof(said));
        if (said is { Tilted: true } && !SceneRules.HasUpright(of))
            throw new ArgumentException($"A {of} has no upright pose to be tilted from.", nameof(said));
        var drawnColour = (ObjectColour)random.Next(SceneRules.ColourCount);
        var colour = said?.Colour ?? drawnColour;
        var drawnTexture = random.NextSingle() switch { < 0.5f => ObjectTexture.Plain, < 0.75f => ObjectTexture.Striped, _ => ObjectTexture.Dotted };
        var texture = said?.Texture ?? drawnTexture;
        var mirrored = random.Chance(0.5f);
        return new SceneObject
        {
            Class = of,
            Colour = colour,
            Shade = SceneColours.Sample(ref random, colour),
            Texture = texture,
            Style = SampleStyle(ref random, colour, texture, box.Size),
            Size = box.Size,
            X = box.X,
            Y = box.Y,
            Rotation = SampleRotation(ref random, of, said is { Tilted: true }),
            Mirrored = said?.FacesLeft ?? mirrored,
            Shape = new ObjectShape(random.NextSingle(), random.NextSingle(), random.NextSingle(), random.NextSingle()),
            Outline = random.Chance(0.65f) ? random.NextSingle(0.012f, 0.035f) : 0,
        };
    }

    private static TextureStyle SampleStyle(ref SeededRandom random, ObjectColour colour, ObjectTexture texture, float size)
    {
        // A period below a tenth of the picture would vanish in a picture of 64 pixels.
        var period = MathF.Max(random.NextSingle(0.20f, 0.32f), 0.10f / size);
        var cover = texture == ObjectTexture.Dotted ? random.NextSingle(0.24f, 0.36f) : random.NextSingle(0.36f, 0.50f);
        return new TextureStyle(random.NextSingle(0, 180), period, random.NextSingle(), cover, SceneColours.PatternIsLight(ref random, colour));
    }

    private static float SampleRotation(ref SeededRandom random, ObjectClass of, bool tilted)
    {
        var (draw, side, tilt) = (random.NextSingle(), random.Chance(0.5f) ? 1 : -1, random.Chance(0.2f));
        return of switch
        {
            ObjectClass.Star => side * 36 * draw,
            ObjectClass.Key => side * 75 * draw,
            ObjectClass.Moon => side * 35 * draw,
            ObjectClass.Rocket => side * 45 * draw,
            _ => side * (tilted || tilt ? SceneRules.TiltedDegrees + 13 * draw : 9 * draw),
        };
    }

    private static SceneLight SampleLight(SeededRandom random, SceneDescription given)
    {
        var (shadow, visible) = (random.NextSingle(), random.Chance(0.5f) ? ShadowKind.Ground : ShadowKind.Cast);
        var (blur, amount) = (given.Blurry ? 1 : random.NextSingle(), random.NextSingle());
        return new SceneLight
        {
            Angle = random.NextSingle(-75, 75),
            Strength = random.NextSingle(0.2f, 0.9f),
            Shadow = given.Shadow || shadow > 0.45f ? visible : ShadowKind.None,
            Brightness = 0.88f + 0.11f * (random.NextSingle() + random.NextSingle()),
            Blur = blur < 0.65f ? 0 : blur < 0.88f ? 0.004f + 0.005f * amount : SceneRules.BlurrySigma + 0.005f * amount,
        };
    }
}
