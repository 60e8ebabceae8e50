using System.Text.Json;
using System.Text.Json.Nodes;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Runtime;
using static TorchSharp.torch;

namespace StableRep.Engine.Models;

/// <summary>
/// Encoders as folders: <c>model.safetensors</c> with timm's names beside a <c>config.json</c>. Folders that timm itself published load too:
/// their architecture's name gives the shape.
/// </summary>
public static class VisionTransformerFolder
{
    private const string ConfigFile = "config.json";
    private const string WeightsFile = "model.safetensors";

    /// <summary>Writes an encoder. Each file appears whole or not at all.</summary>
    public static void Save(VisionTransformer encoder, string folder)
    {
        using var scope = NewDisposeScope();
        Directory.CreateDirectory(folder);
        SafetensorsWriter.Write(Path.Combine(folder, WeightsFile), ModuleWeights.Collect(encoder), new Dictionary<string, string> { ["format"] = "pt" });
        DurableFile.Write(Path.Combine(folder, ConfigFile), stream => JsonSerializer.Serialize(stream, ToJson(encoder.Config), JsonSerializerOptions.Web));
    }

    /// <summary>Reads an encoder, on the CPU and in evaluation mode.</summary>
    /// <param name="folder">The folder with <c>config.json</c>.</param>
    /// <param name="imageSize">
    /// The image size to build the encoder for, in pixels; null for the checkpoint's own. Positions are resampled to another.
    /// </param>
    /// <exception cref="CheckpointException">A file is missing or damaged, or has a setting or tensor that this encoder lacks.</exception>
    public static VisionTransformer Load(string folder, int? imageSize = null)
    {
        var stored = ReadConfig(ConfigDocument.Load(Path.Combine(folder, ConfigFile)));
        using var source = TensorSources.OpenComponent(folder);
        return Load(stored with { ImageSize = imageSize ?? stored.ImageSize }, source);
    }

    /// <summary>Builds an encoder of a known shape and fills it, on the CPU and in evaluation mode.</summary>
    /// <param name="config">The shape. Positions of another image size in the source are resampled to it.</param>
    /// <param name="source">Tensors with timm's names; a classifier's (<c>head.*</c>) are left out.</param>
    /// <exception cref="CheckpointException">Tensors are missing, unexpected or of another shape.</exception>
    public static VisionTransformer Load(VisionTransformerConfig config, ITensorSource source)
    {
        var encoder = new VisionTransformer(config);
        try
        {
            using var fitting = new FittingPositions(source, config);
            ModuleWeights.Load(encoder, fitting, name => name.StartsWith("head.", StringComparison.Ordinal) ? null : name);
            encoder.eval();
            return encoder;
        }
        catch
        {
            encoder.Dispose();
            throw;
        }
    }

    /// <summary>Reads the shape from a <c>config.json</c>: this project's, or timm's with <c>architecture</c> and <c>pretrained_cfg</c>.</summary>
    /// <exception cref="CheckpointException">A value is missing or not supported; the message names it.</exception>
    public static VisionTransformerConfig ReadConfig(ConfigDocument document)
    {
        document.Expect("reg_tokens", 0);
        document.Expect("init_values");
        document.Expect("pre_norm", false);
        document.Expect("qk_norm", false);
        var start = Start(document);
        var imageSize = document.Int32("img_size", start.ImageSize);
        var pool = document.String("global_pool", start.Pooling == TokenPooling.Average ? "avg" : "token");
        document.Expect("global_pool", "", "token", "avg");
        document.Expect("pos_embed", "learn", "sincos");
        var config = start with
        {
            ImageSize = imageSize,
            PatchSize = document.Int32("patch_size", start.PatchSize),
            Channels = document.Int32("in_chans", start.Channels),
            Width = document.Int32("embed_dim", start.Width),
            Depth = document.Int32("depth", start.Depth),
            Heads = document.Int32("num_heads", start.Heads),
            MlpRatio = document.Double("mlp_ratio", start.MlpRatio),
            QkvBias = document.Boolean("qkv_bias", start.QkvBias),
            ClassToken = document.Boolean("class_token", start.ClassToken),
            ClassPosition = !document.Boolean("no_embed_class", !start.ClassPosition),
            Pooling = pool == "avg" ? TokenPooling.Average : TokenPooling.ClassToken,
            Positions = document.String("pos_embed", "learn") == "sincos" ? PositionKind.SinCos : start.Positions,
            DropPathRate = document.Double("drop_path_rate", 0),
            Mean = document.DoubleList("mean", start.Mean),
            Std = document.DoubleList("std", start.Std),
        };
        document.RejectUnread("architecture", "num_classes", "num_features", "pretrained_cfg", "name", "model_type", "dynamic_img_size");
        try
        {
            config.Validate();
        }
        catch (NotSupportedException exception)
        {
            throw new CheckpointException($"{document.Name}: {exception.Message}", exception);
        }

        return config;
    }

    /// <summary>What <see cref="ReadConfig"/> reads.</summary>
    internal static JsonObject ToJson(VisionTransformerConfig config) => new()
    {
        ["architecture"] = "vit",
        ["img_size"] = config.ImageSize,
        ["patch_size"] = config.PatchSize,
        ["in_chans"] = config.Channels,
        ["embed_dim"] = config.Width,
        ["depth"] = config.Depth,
        ["num_heads"] = config.Heads,
        ["mlp_ratio"] = config.MlpRatio,
        ["qkv_bias"] = config.QkvBias,
        ["class_token"] = config.ClassToken,
        ["no_embed_class"] = !config.ClassPosition,
        ["global_pool"] = config.Pooling == TokenPooling.Average ? "avg" : "token",
        ["pos_embed"] = config.Positions == PositionKind.SinCos ? "sincos" : "learn",
        ["drop_path_rate"] = config.DropPathRate,
        ["mean"] = JsonSerializer.SerializeToNode(config.Mean),
        ["std"] = JsonSerializer.SerializeToNode(config.Std),
    };

    private static VisionTransformerConfig Start(ConfigDocument document)
    {
        var name = document.String(document.Has("name") ? "name" : "architecture", "vit");
        try
        {
            var config = name == "vit" ? new VisionTransformerConfig() : VisionTransformerConfig.Named(name);
            if (!document.Has("pretrained_cfg"))
            {
                return config;
            }

            var pretrained = document.Section("pretrained_cfg");
            return config with { Mean = pretrained.DoubleList("mean", config.Mean), Std = pretrained.DoubleList("std", config.Std) };
        }
        catch (NotSupportedException exception)
        {
            throw new CheckpointException($"{document.Name}: {exception.Message}", exception);
        }
    }

    /// <summary>A source whose positions are those of another image size than the model's gives them resampled.</summary>
    private sealed class FittingPositions : ITensorSource
    {
        private const string Positions = "pos_embed";

        private readonly ITensorSource _source;
        private readonly VisionTransformerConfig _config;
        private readonly bool _resampled;

        public FittingPositions(ITensorSource source, VisionTransformerConfig config)
        {
            (_source, _config, Entries) = (source, config, source.Entries);
            long[] shape = [1, VisionPositions.Count(config), config.Width];
            if (source.Entries.TryGetValue(Positions, out var entry) && VisionPositions.IsGrid(entry.Shape, config) && !entry.Shape.SequenceEqual(shape))
            {
                _resampled = true;
                Entries = new Dictionary<string, TensorEntry>(source.Entries) { [Positions] = new(ScalarType.Float32, shape) };
            }
        }

        public string Name => _source.Name;

        public IReadOnlyDictionary<string, TensorEntry> Entries { get; }

        public IReadOnlyDictionary<string, string> Metadata => _source.Metadata;

        public Tensor Read(string name)
        {
            var stored = _source.Read(name);
            if (!_resampled || name != Positions)
            {
                return stored;
            }

            using (stored)
            {
                return _config.Positions == PositionKind.SinCos ? VisionPositions.SinCos(_config) : VisionPositions.Resample(stored, _config);
            }
        }

        public void CopyTo(string name, Tensor destination)
        {
            if (!_resampled || name != Positions)
            {
                _source.CopyTo(name, destination);
                return;
            }

            using var noGrad = no_grad();
            using var value = Read(name);
            destination.copy_(value);
        }

        // The source belongs to the caller.
        public void Dispose()
        {
        }
    }
}
