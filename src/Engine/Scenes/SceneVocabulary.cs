namespace StableRep.Engine.Scenes;

/// <summary>What an object is. The classes differ in silhouette; every one comes in every colour, texture and size.</summary>
public enum ObjectClass
{
    /// <summary>Walls, a roof, a door and windows.</summary>
    House,

    /// <summary>A trunk under a round crown, a cloud of leaves or the tiers of a fir.</summary>
    Tree,

    /// <summary>Seen from the side.</summary>
    Fish,

    /// <summary>Seen from the side, two wheels.</summary>
    Car,

    /// <summary>Five points.</summary>
    Star,

    /// <summary>A mug with a handle.</summary>
    Cup,

    /// <summary>Petals around a centre, with a stem and leaves.</summary>
    Flower,

    /// <summary>A hull, a mast and sails.</summary>
    Boat,

    /// <summary>A perched songbird seen from the side.</summary>
    Bird,

    /// <summary>A cap on a thick stalk.</summary>
    Mushroom,

    /// <summary>A face with pointed ears and whiskers.</summary>
    Cat,

    /// <summary>Open, with a crook handle.</summary>
    Umbrella,

    /// <summary>A bow, a shaft and teeth.</summary>
    Key,

    /// <summary>The symbol.</summary>
    Heart,

    /// <summary>A pointed body with fins and a porthole.</summary>
    Rocket,

    /// <summary>A crescent.</summary>
    Moon,

    /// <summary>A back, a seat and legs.</summary>
    Chair,

    /// <summary>Four wings spread.</summary>
    Butterfly,
}

/// <summary>The colour of an object's main parts. Hue, saturation and lightness vary inside a colour.</summary>
public enum ObjectColour
{
    /// <summary>Around 1° of hue.</summary>
    Red,

    /// <summary>Around 28° of hue, light.</summary>
    Orange,

    /// <summary>Around 52° of hue.</summary>
    Yellow,

    /// <summary>Around 125° of hue.</summary>
    Green,

    /// <summary>Around 218° of hue.</summary>
    Blue,

    /// <summary>Around 278° of hue.</summary>
    Purple,

    /// <summary>Around 333° of hue, light.</summary>
    Pink,

    /// <summary>Around 24° of hue, dark and dull.</summary>
    Brown,

    /// <summary>Almost without hue, light.</summary>
    White,

    /// <summary>Almost without hue, dark.</summary>
    Black,
}

/// <summary>The pattern on an object's main parts.</summary>
public enum ObjectTexture
{
    /// <summary>None.</summary>
    Plain,

    /// <summary>Parallel stripes at any angle.</summary>
    Striped,

    /// <summary>Dots in a staggered grid.</summary>
    Dotted,
}

/// <summary>What lies behind the objects.</summary>
public enum BackgroundKind
{
    /// <summary>One colour.</summary>
    Plain,

    /// <summary>A gradient between two colours.</summary>
    Gradient,

    /// <summary>Sky and ground: see <see cref="Landscape"/>.</summary>
    Landscape,

    /// <summary>Soft random blotches of two colours.</summary>
    Noise,
}

/// <summary>The place that a landscape shows.</summary>
public enum Landscape
{
    /// <summary>Grass under a day's sky.</summary>
    Meadow,

    /// <summary>Sand under a bright sky.</summary>
    Desert,

    /// <summary>Water to the horizon.</summary>
    Sea,

    /// <summary>White ground under a pale sky.</summary>
    Snow,

    /// <summary>Dark hills under stars.</summary>
    Night,

    /// <summary>Dusky ground under an evening sky.</summary>
    Sunset,
}

/// <summary>How an object darkens what lies behind it.</summary>
public enum ShadowKind
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>A soft ellipse under it.</summary>
    Ground,

    /// <summary>Its own soft outline, displaced.</summary>
    Cast,
}

/// <summary>A named band of an object's size.</summary>
public enum SizeBand
{
    /// <summary>At most <see cref="SceneRules.SmallSize"/> of the picture's width.</summary>
    Small,

    /// <summary>Between the two.</summary>
    Medium,

    /// <summary>At least <see cref="SceneRules.LargeSize"/> of the picture's width.</summary>
    Large,
}

/// <summary>A named part of the picture. An object may be in two (left and top) or in none.</summary>
public enum Place
{
    /// <summary>The centre lies left of <see cref="SceneRules.NearEdge"/>.</summary>
    Left,

    /// <summary>The centre lies right of 1 - <see cref="SceneRules.NearEdge"/>.</summary>
    Right,

    /// <summary>The centre lies above <see cref="SceneRules.NearEdge"/>.</summary>
    Top,

    /// <summary>The centre lies below 1 - <see cref="SceneRules.NearEdge"/>.</summary>
    Bottom,

    /// <summary>The centre lies within <see cref="SceneRules.MiddleHalfWidth"/> of the picture's in both directions.</summary>
    Middle,
}

/// <summary>Where the main object is, seen from the second.</summary>
public enum Relation
{
    /// <summary>To its left.</summary>
    LeftOf,

    /// <summary>To its right.</summary>
    RightOf,

    /// <summary>Above it.</summary>
    Above,

    /// <summary>Below it.</summary>
    Below,
}
