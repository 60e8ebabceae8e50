using StableRep.Engine.Runtime;

namespace StableRep.Engine.Scenes;

/// <summary>Says something true about scenes: which facts are mentioned and how they are worded follows from a seed.</summary>
public static class SceneCaptioner
{
    /// <summary>A caption of the scene. It names every object; colours, patterns, sizes, places, background and light are often left out.</summary>
    public static SceneCaption Caption(Scene scene, ulong seed)
    {
        var says = Describe(scene, seed);
        return new SceneCaption(Phrase(says, seed), says);
    }

    /// <summary>A true description of the scene, usually an incomplete one.</summary>
    public static SceneDescription Describe(Scene scene, ulong seed)
    {
        var random = Aspect.Mention.Of(seed);
        var alone = scene.Objects.Count == 1;
        var objects = new ObjectDescription[scene.Objects.Count];
        for (var i = 0; i < objects.Length; i++)
            objects[i] = Describe(ref random, scene.Objects[i], alone);
        var (background, place) = (random.Chance(0.5f), random.Chance(0.85f));
        var related = random.Chance(0.6f);
        return new SceneDescription
        {
            Objects = objects,
            Count = objects.Length,
            Relation = objects.Length == 2 && related ? RelationOf(scene) : null,
            Background = background ? scene.Background.Kind : null,
            Landscape = background && place ? scene.Background.Landscape : null,
            Shadow = random.Chance(0.08f) && scene.Light.Shadow != ShadowKind.None,
            Blurry = random.Chance(0.5f) && scene.Light.Blur >= SceneRules.BlurrySigma,
        };
    }

    /// <summary>A wording of the description, which must name the class of each object it speaks of.</summary>
    public static string Phrase(SceneDescription says, ulong seed) => new CaptionWriter(Aspect.Wording.Of(seed)).Write(says);

    private static ObjectDescription Describe(ref SeededRandom random, SceneObject it, bool alone)
    {
        var (colour, texture, size, place, pose) = (random.Chance(0.75f), random.NextSingle(), random.Chance(0.35f), random.Chance(0.25f), random.Chance(0.12f));
        return new ObjectDescription
        {
            Class = it.Class,
            Colour = colour ? it.Colour : null,
            // That there is no pattern is seldom worth a word.
            Texture = texture < (it.Texture == ObjectTexture.Plain ? 0.15f : 0.65f) ? it.Texture : null,
            Size = alone && size && it.Band != SizeBand.Medium ? it.Band : null,
            Place = alone && place ? PlaceOf(ref random, it) : null,
            FacesLeft = pose && SceneRules.HasFacing(it.Class) ? it.Mirrored : null,
            Tilted = pose && it.IsTilted,
        };
    }

    private static Place? PlaceOf(ref SeededRandom random, SceneObject it)
    {
        Span<Place> places = stackalloc Place[5];
        var count = 0;
        for (var place = Place.Left; place <= Place.Middle; place++)
            if (it.IsAt(place)) places[count++] = place;
        return count == 0 ? null : places[random.Next(count)];
    }

    private static Relation? RelationOf(Scene scene)
    {
        for (var relation = Relation.LeftOf; relation <= Relation.Below; relation++)
            if (SceneDescription.Holds(relation, scene.Objects[0], scene.Objects[1])) return relation;
        return null;
    }
}
