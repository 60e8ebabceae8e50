using StableRep.Engine.Diffusion;
using StableRep.Engine.Runtime;

namespace StableRep.Engine.Studies;

/// <summary>A generator as studies use it.</summary>
public sealed class StudyGenerator : IDisposable
{
    private readonly GeneratorFolder? _folder;

    /// <summary>Wraps anything that makes images.</summary>
    /// <param name="hash">What its images depend on.</param>
    /// <param name="tokenizerFolder">The tokenizer for methods that learn from captions.</param>
    /// <param name="generate">Makes the images.</param>
    public StudyGenerator(string hash, string tokenizerFolder, ImageGenerator generate) => (Hash, TokenizerFolder, Generate) = (hash, tokenizerFolder, generate);

    private StudyGenerator(GeneratorFolder folder, string path)
        : this(folder.Hash, Path.Combine(path, "tokenizer"), Generator(folder)) => _folder = folder;

    /// <summary>The hash of the generator's weights.</summary>
    public string Hash { get; }

    /// <summary>The folder of its tokenizer.</summary>
    public string TokenizerFolder { get; }

    /// <summary>Makes images.</summary>
    public ImageGenerator Generate { get; }

    /// <summary>Loads a generator in the diffusers layout.</summary>
    /// <param name="path">Its folder.</param>
    /// <param name="device">Where to compute.</param>
    /// <exception cref="Checkpoints.CheckpointException">A file is missing, damaged or of an unsupported kind.</exception>
    public static StudyGenerator Load(string path, ComputeDevice device) => new(GeneratorFolder.Load(path, device), path);

    /// <inheritdoc/>
    public void Dispose() => _folder?.Dispose();

    private static ImageGenerator Generator(GeneratorFolder folder)
    {
        var pipeline = new TextToImagePipeline(folder);
        return (requests, settings, cancellation) => pipeline.Generate(requests, settings, cancellation: cancellation);
    }
}
