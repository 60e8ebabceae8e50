namespace StableRep.Engine.Scenes;

/// <summary>The limits that give the words of a caption their meaning; lengths are fractions of the picture's width or height.</summary>
public static class SceneRules
{
    /// <summary>Raised whenever a seed's scene or its drawing changes, so that nothing computed from the old ones is taken for the new.</summary>
    public const int Version = 1;

    /// <summary>The largest size that is called small.</summary>
    public const float SmallSize = 0.44f;

    /// <summary>The smallest size that is called large.</summary>
    public const float LargeSize = 0.60f;

    /// <summary>A centre nearer to an edge than this is called left, right, top or bottom.</summary>
    public const float NearEdge = 0.42f;

    /// <summary>How far from the picture's centre an object is still called in the middle.</summary>
    public const float MiddleHalfWidth = 0.05f;

    /// <summary>The smallest turn from upright, in degrees, that is called tilted.</summary>
    public const float TiltedDegrees = 13;

    /// <summary>The least blur (standard deviation as a fraction of the picture's width) that is called blurry.</summary>
    public const float BlurrySigma = 0.010f;

    /// <summary>How many classes there are.</summary>
    public const int ClassCount = 18;

    /// <summary>How many colours there are.</summary>
    public const int ColourCount = 10;

    /// <summary>How many textures there are.</summary>
    public const int TextureCount = 3;

    /// <summary>How many kinds of background there are.</summary>
    public const int BackgroundCount = 4;

    /// <summary>Whether objects of the class look to one side.</summary>
    public static bool HasFacing(ObjectClass of) => of is ObjectClass.Fish or ObjectClass.Car or ObjectClass.Bird;

    /// <summary>Whether objects of the class have an upright pose that they can be tilted from.</summary>
    public static bool HasUpright(ObjectClass of) => of is not (ObjectClass.Star or ObjectClass.Key or ObjectClass.Moon or ObjectClass.Rocket);
}
