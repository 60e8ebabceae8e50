using System.Text.Json.Nodes;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Models;
using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion.Training;

/// <summary>
/// Doubles the channels of a generator's UNet without changing what it draws (Net2Net, Chen et al. 2016, arXiv 1511.05641): training goes on with four times
/// the parameters from where the narrow one stood.
/// </summary>
public static class UNetWidening
{
    private const string TimeProjection = "time_embedding.linear_1.weight";

    /// <summary>How unequally the two copies of a channel are heard, as a part of the weight; equal copies would stay equal for ever.</summary>
    private const double Asymmetry = 0.25;

    /// <summary>Writes the widened generator.</summary>
    /// <param name="folder">A generator in the diffusers layout.</param>
    /// <param name="output">A folder that does not exist yet.</param>
    /// <param name="seed">Decides how the copies differ.</param>
    /// <exception cref="IOException"><paramref name="output"/> exists, or a folder cannot be read or written.</exception>
    /// <exception cref="CheckpointException">The generator has no UNet that can be read.</exception>
    public static void Widen(string folder, string output, ulong seed)
    {
        if (Directory.Exists(output))
        {
            throw new IOException($"{output} exists: name a folder that does not.");
        }

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var files = GeneratorFiles.InFolder(folder, variant: null);
        using var weights = files.Weights("unet");
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "unet", "config.json")))!.AsObject();
        if (json["block_out_channels"] is not JsonArray channels)
        {
            throw new CheckpointException($"{folder}/unet/config.json has no block_out_channels: write them down to widen it.");
        }

        json["block_out_channels"] = new JsonArray([.. channels.Select(width => (JsonNode)(width!.GetValue<int>() * 2))]);
        using var unet = new UNet2DConditionModel(UNet2DConditionConfig.Read(ConfigDocument.Parse(json.ToJsonString(), $"{folder}/unet")));
        using var random = new Generator(seed, CPU);
        var wide = unet.state_dict();
        foreach (var (name, target) in wide)
        {
            target.copy_(Widen(name, weights.Read(name).to(ScalarType.Float32), target.shape, random));
        }

        FolderCopy.Copy(folder, output, file => !file.StartsWith("unet", StringComparison.Ordinal));
        Directory.CreateDirectory(Path.Combine(output, "unet"));
        File.WriteAllText(Path.Combine(output, "unet", "config.json"), json.ToJsonString(new() { WriteIndented = true }) + "\n");
        SafetensorsWriter.Write(Path.Combine(output, "unet", "diffusion_pytorch_model.safetensors"), ModuleWeights.Collect(unet));
    }

    private static Tensor Widen(string name, Tensor narrow, long[] shape, Generator random)
    {
        var wide = narrow;
        if (shape[0] > wide.shape[0])
        {
            wide = wide.repeat_interleave(2, 0);
        }

        if (shape.Length > 1 && shape[1] > wide.shape[1])
        {
            if (name == TimeProjection)
            {
                // Twice as many frequencies: every second one is new.
                wide = stack([wide, zeros_like(wide)], 2).flatten(1);
            }
            else
            {
                var share = (rand(wide.shape, generator: random) - 0.5) * (2 * Asymmetry);
                wide = stack([wide * (0.5 + share), wide * (0.5 - share)], 2).flatten(1, 2);
            }
        }

        // Heads of twice the width have products twice as large, of which attention takes the √2nd part.
        return name.EndsWith("to_q.weight", StringComparison.Ordinal) ? wide / Math.Sqrt(2) : wide;
    }
}
