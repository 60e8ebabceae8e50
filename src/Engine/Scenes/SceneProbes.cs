using StableRep.Engine.Evaluation;
using StableRep.Engine.Images;

namespace StableRep.Engine.Scenes;

/// <summary>What a scene's label is.</summary>
public enum SceneAttribute
{
    /// <summary>The main object's class.</summary>
    Object,

    /// <summary>The main object's texture.</summary>
    Texture,

    /// <summary>The main object's colour.</summary>
    Colour,
}

/// <summary>
/// Labelled datasets of scenes. <c>scenes-objects</c> asks for the main object's class, which takes its shape: colour, texture, size,
/// place, pose and background say nothing about it. <c>scenes-textures</c> asks for the main object's pattern, which takes its surface
/// and not its shape: a fine, local attribute that captions often leave out, and so the other end of what a representation may keep.
/// <c>scenes-colours</c> asks for what colour augmentation takes away. Labels are balanced; everything else varies as in all scenes.
/// </summary>
public static class SceneProbes
{
    /// <summary>The datasets' names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Enum.GetValues<SceneAttribute>().Select(NameOf)];

    /// <summary>The name of the dataset of an attribute, such as <c>scenes-objects</c>.</summary>
    public static string NameOf(SceneAttribute attribute) => $"scenes-{attribute.ToString().ToLowerInvariant()}s";

    /// <summary>The dataset of a name, or null where the name is none of <see cref="Names"/>.</summary>
    public static ProbeDataset? Find(string name)
    {
        foreach (var attribute in Enum.GetValues<SceneAttribute>())
            if (NameOf(attribute) == name) return Create(attribute);
        return null;
    }

    /// <summary>The dataset of an attribute, drawn when it is read.</summary>
    /// <param name="attribute">What the labels are.</param>
    /// <param name="trainCount">Training images.</param>
    /// <param name="testCount">Test images.</param>
    /// <param name="seed">Any seed.</param>
    /// <param name="size">The pictures' width and height in pixels.</param>
    public static ProbeDataset Create(SceneAttribute attribute, int trainCount = 3600, int testCount = 1800, ulong seed = 0, int size = 64) => new(
        NameOf(attribute),
        new LabelledScenes(attribute, SceneDomain.ProbeTrain, trainCount, seed, size),
        new LabelledScenes(attribute, SceneDomain.ProbeTest, testCount, seed, size));

    /// <summary>Writes a dataset as <c>train</c> and <c>test</c> folders with a folder of PNG files a class.</summary>
    public static void Export(ProbeDataset dataset, string folder, CancellationToken cancellation = default)
    {
        foreach (var (split, images) in new[] { ("train", dataset.Train), ("test", dataset.Test) })
        {
            for (var i = 0; i < images.Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                var path = Path.Combine(folder, split, images.Get(i).Name);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllBytes(path, ImageCodec.Encode(images.Read(i), ImageFormat.Png));
            }
        }
    }
}

/// <summary>Scenes labelled by an attribute of their main object, drawn when they are read. Label <c>i</c> is that of every image congruent to it.</summary>
/// <param name="attribute">What the labels are.</param>
/// <param name="domain">Where the seeds come from.</param>
/// <param name="count">How many images.</param>
/// <param name="seed">Any seed.</param>
/// <param name="size">The pictures' width and height in pixels.</param>
public sealed class LabelledScenes(SceneAttribute attribute, SceneDomain domain, int count, ulong seed = 0, int size = 64) : ILabelledImages
{
    /// <inheritdoc/>
    public string Key => FormattableString.Invariant($"scenes {attribute} {domain} {count} {seed} {size} {SceneRules.Version}");

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames { get; } = [.. (attribute switch
    {
        SceneAttribute.Object => Enum.GetNames<ObjectClass>(),
        SceneAttribute.Texture => Enum.GetNames<ObjectTexture>(),
        _ => Enum.GetNames<ObjectColour>(),
    }).Select(name => name.ToLowerInvariant())];

    /// <inheritdoc/>
    public int Count => count;

    /// <inheritdoc/>
    public LabelledImage Get(int index)
    {
        var label = LabelOf(index);
        return new LabelledImage(FormattableString.Invariant($"{ClassNames[label]}/{index:D6}.png"), label);
    }

    /// <inheritdoc/>
    public PixelImage Read(int index) => SceneRenderer.Render(Scene(index), size);

    /// <summary>What an image shows.</summary>
    public Scene Scene(int index)
    {
        var label = LabelOf(index);
        var main = attribute switch
        {
            SceneAttribute.Object => new ObjectDescription { Class = (ObjectClass)label },
            SceneAttribute.Texture => new ObjectDescription { Texture = (ObjectTexture)label },
            _ => new ObjectDescription { Colour = (ObjectColour)label },
        };
        return SceneSampler.Sample(SceneSeeds.Of(domain, seed, index), new SceneDescription { Objects = [main] });
    }

    private int LabelOf(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, count);
        return index % ClassNames.Count;
    }
}
