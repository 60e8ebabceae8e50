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

    // Of the classifier, of training, or of the file itself.
    private static readonly string[] Harmless =
        ["architecture", "num_classes", "num_features", "pretrained_cfg", "model_args", "name", "model_type", "dynamic_img_size"];

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Writes an encoder. Each file appears whole or not at all.</summary>
    public static void Save(VisionTransformer encoder, string folder)
    {
        using var scope = NewDisposeScope();
        Directory.CreateDirectory(folder);
        SafetensorsWriter.Write(Path.Combine(folder, WeightsFile), ModuleWeights.Collect(encoder), new Dictionary<string, string> { ["format"] = "pt" });
        DurableFile.Write(Path.Combine(folder, ConfigFile), stream => JsonSerializer.Serialize(stream, ToJson(encoder.Config), Indented));
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

    /// <summary>
    /// Reads the shape from a <c>config.json</c>: this project's, or timm's with <c>architecture</c>, <c>pretrained_cfg</c> and, where the shape
    /// is not the architecture's own, <c>model_args</c>.
    /// </summary>
    /// <exception cref="CheckpointException">A value is missing or not supported; the message names it.</exception>
    public static VisionTransformerConfig ReadConfig(ConfigDocument document)
    {
        var config = ReadShape(document, Start(document));
        if (document.Has("model_args"))
        {
            var arguments = document.Section("model_args");
            config = ReadShape(arguments, config);
            arguments.RejectUnread(Harmless);
        }

        document.RejectUnread(Harmless);
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
        ["stem"] = config.Stem == PatchStem.Convolutional ? "conv" : "linear",
        ["in_chans"] = config.Channels,
        ["embed_dim"] = config.Width,
        ["depth"] = config.Depth,
        ["num_heads"] = config.Heads,
        ["mlp_ratio"] = config.MlpRatio,
        ["qkv_bias"] = config.QkvBias,
        ["class_token"] = config.ClassToken,
        ["no_embed_class"] = !config.ClassPosition,
        ["global_pool"] = config.Pooling == TokenPooling.Average ? "avg" : "token",
        ["fc_norm"] = config.NormAfterPooling,
        ["pos_embed"] = config.Positions == PositionKind.SinCos ? "sincos" : "learn",
        ["drop_path_rate"] = config.DropPathRate,
        ["mean"] = JsonSerializer.SerializeToNode(config.Mean),
        ["std"] = JsonSerializer.SerializeToNode(config.Std),
    };

    private static VisionTransformerConfig ReadShape(ConfigDocument document, VisionTransformerConfig start)
    {
        foreach (var dropout in (string[])["drop_rate", "pos_drop_rate", "patch_drop_rate", "proj_drop_rate", "attn_drop_rate"])
        {
            document.Expect(dropout, 0);
        }

        document.Expect("reg_tokens", 0);
        document.Expect("init_values");
        document.Expect("pre_norm", false);
        document.Expect("qk_norm", false);
        document.Expect("act_layer", "gelu");
        document.Expect("norm_eps", VisionTransformerConfig.NormEpsilon);
        document.Expect("global_pool", "", "token", "avg");
        document.Expect("pos_embed", "learn", "sincos");
        document.Expect("stem", "linear", "conv");
        return start with
        {
            ImageSize = Side(document, "img_size", start.ImageSize),
            PatchSize = Side(document, "patch_size", start.PatchSize),
            Stem = !document.Has("stem") ? start.Stem : document.String("stem") == "conv" ? PatchStem.Convolutional : PatchStem.Linear,
            Channels = document.Int32("in_chans", start.Channels),
            Width = document.Int32("embed_dim", start.Width),
            Depth = document.Int32("depth", start.Depth),
            Heads = document.Int32("num_heads", start.Heads),
            MlpRatio = document.Double("mlp_ratio", start.MlpRatio),
            QkvBias = document.Boolean("qkv_bias", start.QkvBias),
            ClassToken = document.Boolean("class_token", start.ClassToken),
            ClassPosition = !document.Boolean("no_embed_class", !start.ClassPosition),
            Pooling = !document.Has("global_pool") ? start.Pooling
                : document.String("global_pool") == "avg" ? TokenPooling.Average : TokenPooling.ClassToken,
            NormAfterPooling = document.Has("fc_norm") ? document.Boolean("fc_norm") : start.NormAfterPooling,
            Positions = document.String("pos_embed", "learn") == "sincos" ? PositionKind.SinCos : start.Positions,
            DropPathRate = document.Double("drop_path_rate", start.DropPathRate),
            Mean = document.DoubleList("mean", start.Mean),
            Std = document.DoubleList("std", start.Std),
        };
    }

    // timm writes a side as one number, or as height and width.
    private static int Side(ConfigDocument document, string key, int fallback)
    {
        if (!document.IsList(key))
        {
            return document.Int32(key, fallback);
        }

        var sides = document.Int32List(key);
        return sides.Count == 2 && sides[0] == sides[1]
            ? sides[0]
            : throw new CheckpointException($"{document.Name}: '{key}' is [{string.Join(", ", sides)}], and only squares are supported.");
    }

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
