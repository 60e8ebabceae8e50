using System.Security.Cryptography;
using System.Text;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Models;
using StableRep.Engine.Text;

namespace StableRep.Engine.Diffusion;

/// <summary>
/// The SHA-256 of what decides which images a generator draws: its networks' tensors as stored and architectures, its vocabulary and its
/// noise schedule. Folders that differ only in how files are cut, named, ordered or formatted have the same.
/// </summary>
public static class GeneratorHash
{
    /// <summary>The hash of a folder in the diffusers layout. Reads all weights once.</summary>
    /// <param name="folder">The folder that holds <c>model_index.json</c>.</param>
    /// <param name="variant">The variant of the weights' files, such as <c>fp16</c>, or null.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    /// <exception cref="CheckpointException">A file is missing, damaged or of an unsupported kind.</exception>
    public static string OfFolder(string folder, string? variant = null)
    {
        using var files = GeneratorFiles.InFolder(folder, variant);
        return Of(files);
    }

    /// <summary>The hash of a Stable Diffusion 1.x checkpoint in one file: that of the same weights in the diffusers layout.</summary>
    /// <param name="file">The <c>.safetensors</c> file.</param>
    /// <param name="tokenizerFolder">CLIP's tokenizer.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    /// <exception cref="CheckpointException">A file is missing, damaged or of an unsupported kind.</exception>
    public static string OfSingleFile(string file, string tokenizerFolder)
    {
        using var files = GeneratorFiles.InOne(file, tokenizerFolder);
        return Of(files);
    }

    private static string Of(GeneratorFiles files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Network("text_encoder", ClipTextConfig.Read(files.Config("text_encoder")).ToJson().ToJsonString());
        Network("unet", UNet2DConditionConfig.Read(files.Config("unet")).ToJson().ToJsonString());
        Network("vae", AutoencoderKLConfig.Read(files.Config("vae")).ToJson().ToJsonString());
        foreach (var file in (string[])["vocab.json", "merges.txt"])
        {
            Text(file);
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(Path.Combine(files.TokenizerFolder, file))));
        }

        var scheduler = SchedulerFactory.Create(files.Config("scheduler"));
        Text($"{scheduler.Prediction}");
        foreach (var alpha in scheduler.Schedule.AlphasCumprod)
        {
            hash.AppendData(BitConverter.GetBytes(alpha));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Network(string component, string config)
        {
            Text($"{component} {config}");
            using var weights = files.Weights(component);
            foreach (var (name, entry) in weights.Entries.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                Text($"{name} {entry.Type} [{string.Join(", ", entry.Shape)}]");
                using var tensor = weights.Read(name);
                hash.AppendData(tensor.bytes);
            }
        }

        void Text(string line) => hash.AppendData(Encoding.UTF8.GetBytes(line + "\n"));
    }
}
