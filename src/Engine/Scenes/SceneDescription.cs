namespace StableRep.Engine.Scenes;

/// <summary>
/// What is said about a scene: each null leaves something open. A caption is the wording of one; <see cref="SceneSampler"/> draws scenes
/// that one is true of.
/// </summary>
public sealed record SceneDescription
{
    /// <summary>Says nothing: true of every scene.</summary>
    public static SceneDescription Anything { get; } = new();

    /// <summary>The objects spoken of, the main one first; <see cref="Count"/> tells whether these are all.</summary>
    public IReadOnlyList<ObjectDescription> Objects { get; init; } = [];

    /// <summary>How many objects there are, at least as many as <see cref="Objects"/>.</summary>
    public int? Count { get; init; }

    /// <summary>Where the main object is, seen from the second.</summary>
    public Relation? Relation { get; init; }

    /// <summary>The kind of background.</summary>
    public BackgroundKind? Background { get; init; }

    /// <summary>The place that the background shows.</summary>
    public Landscape? Landscape { get; init; }

    /// <summary>Whether it is said that there is a shadow.</summary>
    public bool Shadow { get; init; }

    /// <summary>Whether it is said that the picture is blurry.</summary>
    public bool Blurry { get; init; }

    /// <summary>Whether everything said holds for the scene.</summary>
    public bool IsTrueOf(Scene scene) =>
        Objects.Count <= scene.Objects.Count
        && (Count is null || Count == scene.Objects.Count)
        && Objects.Zip(scene.Objects).All(pair => pair.First.IsTrueOf(pair.Second))
        && (Relation is not { } relation || (scene.Objects.Count == 2 && Holds(relation, scene.Objects[0], scene.Objects[1])))
        && (Background is null || Background == scene.Background.Kind)
        && (Landscape is null || Landscape == scene.Background.Landscape)
        && (!Shadow || scene.Light.Shadow != ShadowKind.None)
        && (!Blurry || scene.Light.Blur >= SceneRules.BlurrySigma);

    /// <summary>Whether the two objects stand apart in the direction that the relation names, more than in the other.</summary>
    public static bool Holds(Relation relation, SceneObject main, SceneObject second)
    {
        var (dx, dy) = (second.X - main.X, second.Y - main.Y);
        return relation switch
        {
            Scenes.Relation.LeftOf => dx > MathF.Abs(dy),
            Scenes.Relation.RightOf => -dx > MathF.Abs(dy),
            Scenes.Relation.Above => dy > MathF.Abs(dx),
            _ => -dy > MathF.Abs(dx),
        };
    }
}

/// <summary>What is said about one object.</summary>
public sealed record ObjectDescription
{
    /// <summary>What it is.</summary>
    public ObjectClass? Class { get; init; }

    /// <summary>Its colour.</summary>
    public ObjectColour? Colour { get; init; }

    /// <summary>Its pattern.</summary>
    public ObjectTexture? Texture { get; init; }

    /// <summary>Its size; only said of an object that is alone.</summary>
    public SizeBand? Size { get; init; }

    /// <summary>Where in the picture; only said of an object that is alone.</summary>
    public Place? Place { get; init; }

    /// <summary>Whether it looks left (true) or right (false).</summary>
    public bool? FacesLeft { get; init; }

    /// <summary>Whether it is said to be tilted.</summary>
    public bool Tilted { get; init; }

    /// <summary>Whether everything said holds for the object.</summary>
    public bool IsTrueOf(SceneObject it) =>
        (Class is null || Class == it.Class)
        && (Colour is null || Colour == it.Colour)
        && (Texture is null || Texture == it.Texture)
        && (Size is null || Size == it.Band)
        && (Place is not { } place || it.IsAt(place))
        && (FacesLeft is null || (SceneRules.HasFacing(it.Class) && FacesLeft == it.Mirrored))
        && (!Tilted || it.IsTilted);
}
