using StableRep.Engine.Images;

namespace StableRep.Engine.Scenes;

/// <summary>One captioned picture.</summary>
/// <param name="Seed">The scene's seed: its domain, and enough to make it again.</param>
/// <param name="Scene">What the picture shows.</param>
/// <param name="Caption">What is said about it.</param>
/// <param name="Image">The picture.</param>
public sealed record SceneSample(ulong Seed, Scene Scene, SceneCaption Caption, PixelImage Image);

/// <summary>An unlimited, indexable stream of captioned pictures: sample <c>i</c> follows from the seed and <c>i</c> alone. Thread-safe.</summary>
/// <param name="seed">Any seed; streams of different seeds have different scenes.</param>
/// <param name="domain">What the scenes are for; streams of different domains never share one.</param>
/// <param name="size">The pictures' width and height in pixels.</param>
/// <param name="simple">Whether all scenes are <see cref="SimpleScenes"/>.</param>
public sealed class SceneStream(ulong seed, SceneDomain domain = SceneDomain.Training, int size = 64, bool simple = false)
{
    /// <summary>The pictures' width and height in pixels.</summary>
    public int Size => size;

    /// <summary>The captioned picture at an index of 0 or more.</summary>
    public SceneSample Sample(long index)
    {
        var sceneSeed = SceneSeeds.Of(domain, seed, index);
        var scene = Scene(sceneSeed);
        return new SceneSample(sceneSeed, scene, SceneCaptioner.Caption(scene, sceneSeed), SceneRenderer.Render(scene, size));
    }

    /// <summary>The caption at an index, without drawing its picture.</summary>
    public SceneCaption Caption(long index)
    {
        var sceneSeed = SceneSeeds.Of(domain, seed, index);
        return SceneCaptioner.Caption(Scene(sceneSeed), sceneSeed);
    }

    private Scene Scene(ulong sceneSeed) => simple ? SceneSampler.Sample(sceneSeed, SimpleScenes.Describe(sceneSeed)) : SceneSampler.Sample(sceneSeed);
}
