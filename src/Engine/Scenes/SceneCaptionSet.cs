using System.Text;
using StableRep.Engine.Runtime;

namespace StableRep.Engine.Scenes;

/// <summary>A sample caption set: different captions of scenes that no generator was trained on. Equal on every platform for a seed.</summary>
public sealed class SceneCaptionSet
{
    private SceneCaptionSet(SceneCaption[] captions) => Captions = captions;

    /// <summary>The captions; caption <c>i</c> is the same in every set of the seed that is large enough to hold it.</summary>
    public IReadOnlyList<SceneCaption> Captions { get; }

    /// <summary>Makes the set of a seed.</summary>
    /// <param name="count">How many captions, at least 1.</param>
    /// <param name="seed">Any seed.</param>
    /// <param name="domain">The domain that the captions' scenes are drawn from.</param>
    public static SceneCaptionSet Create(int count, ulong seed = 0, SceneDomain domain = SceneDomain.Captions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var stream = new SceneStream(seed, domain);
        var captions = new SceneCaption[count];
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var next = 0L;
        for (var i = 0; i < count; i++)
        {
            // Captions that differ in a capital or a full stop only are one to a tokenizer's eye, or nearly.
            do captions[i] = stream.Caption(next++);
            while (!seen.Add(captions[i].Text.TrimEnd('.')));
        }

        return new SceneCaptionSet(captions);
    }

    /// <summary>Writes the texts, a line each, in UTF-8.</summary>
    public void Write(string path) => DurableFile.Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        foreach (var caption in Captions)
            writer.WriteLine(caption.Text);
    });
}
