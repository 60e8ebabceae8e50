namespace StableRep.Engine.Scenes;

/// <summary>A caption and what it says.</summary>
/// <param name="Text">The words.</param>
/// <param name="Says">What they say: enough to check a picture against them, and to draw other scenes that they are true of.</param>
public sealed record SceneCaption(string Text, SceneDescription Says)
{
    /// <summary>The main object's class, or null when it is not said.</summary>
    public ObjectClass? Class => Says.Objects.Count > 0 ? Says.Objects[0].Class : null;

    /// <summary>The main object's colour, or null when it is not said.</summary>
    public ObjectColour? Colour => Says.Objects.Count > 0 ? Says.Objects[0].Colour : null;

    /// <summary>The main object's texture, or null when it is not said.</summary>
    public ObjectTexture? Texture => Says.Objects.Count > 0 ? Says.Objects[0].Texture : null;
}
