using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Runtime;
using StableRep.Engine.Training;

namespace StableRep.Engine.Evaluation;

/// <summary>
/// Features on disk, one safetensors file for each encoder and split, so that every further probe of an encoder costs seconds. Files appear
/// whole; several processes may share the folder. A file that is damaged is made anew.
/// </summary>
/// <param name="folder">The folder; made where it is missing. Any file in it may be deleted at any time.</param>
public sealed class FeatureCache(string folder)
{
    // Raised when the way from an image file to features changes, so that no old file is mistaken for a new one.
    private const int Version = 1;

    /// <summary>The features of a split, from the cache or extracted and kept.</summary>
    /// <inheritdoc cref="FeatureExtractor.Extract" path="/param|/exception"/>
    public FeatureSet Get(
        FeatureEncoder encoder,
        ILabelledImages images,
        ComputeDevice device,
        FeatureExtractionOptions? options = null,
        IRunObserver? observer = null,
        CancellationToken cancellation = default)
    {
        var path = PathOf(encoder, images);
        if (File.Exists(path))
        {
            try
            {
                return Read(path);
            }
            catch (Exception exception) when (exception is CheckpointException or JsonException or ArgumentException)
            {
                observer?.Log(RunLogLevel.Warning, $"The cached features {path} are damaged and are extracted again: {exception.Message}");
            }
        }

        var set = FeatureExtractor.Extract(encoder, images, device, options, observer, cancellation);
        Directory.CreateDirectory(folder);
        SafetensorsWriter.Write(
            path,
            new Dictionary<string, TorchSharp.torch.Tensor> { ["features"] = set.Features, ["labels"] = set.Labels },
            new Dictionary<string, string>
            {
                ["encoder"] = encoder.Key,
                ["images"] = images.Key,
                ["classes"] = JsonSerializer.Serialize(set.ClassNames),
                ["corrupt"] = JsonSerializer.Serialize(set.Corrupt),
            });
        return set;
    }

    /// <summary>Where the features of an encoder and a split are kept.</summary>
    internal string PathOf(FeatureEncoder encoder, ILabelledImages images)
    {
        var identity = $"{Version}\n{encoder.Key}\n{encoder.ImageSize}\n{images.Key}";
        return Path.Combine(folder, $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..32]}.safetensors");
    }

    private static FeatureSet Read(string path)
    {
        using var file = SafetensorsFile.Open(path);
        if (!file.Metadata.TryGetValue("classes", out var classes) || !file.Metadata.TryGetValue("corrupt", out var corrupt))
        {
            throw new CheckpointException($"{path}: the names of the classes are missing.");
        }

        return new FeatureSet(
            file.Read("features"),
            file.Read("labels"),
            JsonSerializer.Deserialize<string[]>(classes)!,
            JsonSerializer.Deserialize<CorruptImage[]>(corrupt)!);
    }
}
