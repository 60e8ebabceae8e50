using System.Text.Json;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Runtime;
using StableRep.Engine.Text;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StableRep.Engine.Training.Methods;

/// <summary>CLIP's text tower, the projections of images and texts into one space, and the learned scale of their similarities.</summary>
internal sealed class ImageTextHead : nn.Module
{
    // exp(4.6052) = 100, as in the reference.
    private const double MaxLogScale = 4.6052;
    private const string TextFolder = "text_encoder";
    private const string TokenizerFolder = "tokenizer";
    private const string ProjectionFile = "projection.safetensors";

    private readonly ClipTextModel text_encoder;
    private readonly Parameter image_projection;
    private readonly Parameter text_projection;
    private readonly Parameter logit_scale;
    private readonly ClipTokenizer _tokenizer;

    public ImageTextHead(int imageWidth, TextTowerRecipe tower, ClipTokenizer tokenizer, ulong seed)
        : base(nameof(ImageTextHead))
    {
        _tokenizer = tokenizer;
        text_encoder = new ClipTextModel(tower.Config(tokenizer), seed);
        using var generator = new Generator(unchecked(seed + 1));
        image_projection = new Parameter(randn(imageWidth, tower.EmbeddingWidth, generator: generator).mul_(Math.Pow(imageWidth, -0.5)));
        text_projection = new Parameter(randn(tower.Width, tower.EmbeddingWidth, generator: generator).mul_(Math.Pow(tower.Width, -0.5)));
        logit_scale = new Parameter(tensor((float)Math.Log(1 / 0.07)));
        RegisterComponents();
    }

    /// <summary>The text encoder of a batch: the end token's state of each set's caption.</summary>
    public EncoderPart Texts(ViewBatch batch)
    {
        var ids = Ids([.. batch.Batch.Sets.Select(set => set.Caption)]);
        return new EncoderPart(ids.shape[0], (start, count) =>
        {
            using var scope = NewDisposeScope();
            return text_encoder.Encode(ids.narrow(0, start, count)).Pooled.to(ScalarType.Float32).MoveToOuterDisposeScope();
        });
    }

    /// <summary>The loss of images and texts, and the images' embeddings.</summary>
    public (ContrastiveResult Result, Tensor Embeddings) Compare(Tensor images, Tensor texts, ViewBatch batch)
    {
        using var exact = Autocast.Off(images.device_type);
        var embeddings = ProjectImages(images);
        var textSets = arange(texts.shape[0], dtype: ScalarType.Int64, device: texts.device);
        var result = ContrastiveLosses.ImageText(embeddings, texts.matmul(text_projection), batch.Sets, textSets, logit_scale.exp());
        return (result, embeddings);
    }

    /// <summary>Images' features, or texts' states, in the space that they share.</summary>
    public Tensor ProjectImages(Tensor features) => features.matmul(image_projection);

    /// <summary>Texts in the space that they share with images, <c>[n, E]</c>.</summary>
    public Tensor EmbedTexts(IReadOnlyCollection<string> texts)
    {
        using var scope = NewDisposeScope();
        return text_encoder.Encode(Ids(texts)).Pooled.matmul(text_projection).MoveToOuterDisposeScope();
    }

    /// <summary>Keeps the scale within [1, 100].</summary>
    public void ClampScale()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        logit_scale.clamp_(0, MaxLogScale);
    }

    /// <summary>Writes the text tower as a folder of a generator would hold it, with its tokenizer, and the projections beside it.</summary>
    public void Save(string folder, string tokenizerFolder)
    {
        using var scope = NewDisposeScope();
        var (text, tokenizer) = (Path.Combine(folder, TextFolder), Path.Combine(folder, TokenizerFolder));
        Directory.CreateDirectory(text);
        Directory.CreateDirectory(tokenizer);
        SafetensorsWriter.Write(Path.Combine(text, "model.safetensors"), ModuleWeights.Collect(text_encoder));
        DurableFile.Write(Path.Combine(text, "config.json"), stream => JsonSerializer.Serialize(stream, text_encoder.Config.ToJson()));
        foreach (var file in Directory.EnumerateFiles(tokenizerFolder))
        {
            File.Copy(file, Path.Combine(tokenizer, Path.GetFileName(file)), overwrite: true);
        }

        var own = ModuleWeights.Collect(this).Where(pair => !pair.Key.StartsWith(nameof(text_encoder), StringComparison.Ordinal));
        SafetensorsWriter.Write(Path.Combine(folder, ProjectionFile), own.ToDictionary(pair => pair.Key, pair => pair.Value));
    }

    /// <summary>Reads what <see cref="Save"/> wrote, on the CPU.</summary>
    /// <exception cref="CheckpointException">A file is missing or does not fit the others.</exception>
    public static ImageTextHead Load(string folder)
    {
        var tokenizer = ClipTokenizer.Load(Path.Combine(folder, TokenizerFolder));
        var config = ClipTextConfig.Read(ConfigDocument.Load(Path.Combine(folder, TextFolder, "config.json")));
        using var own = SafetensorsFile.Open(Path.Combine(folder, ProjectionFile));
        var shape = own.Entries.TryGetValue(nameof(image_projection), out var entry) && entry.Shape.Count == 2
            ? entry.Shape
            : throw new CheckpointException($"{own.Name}: '{nameof(image_projection)}' is missing or no matrix.");
        var tower = new TextTowerRecipe { Width = config.Width, Depth = config.Depth, Heads = config.Heads, EmbeddingWidth = (int)shape[1] };
        var head = new ImageTextHead((int)shape[0], tower, tokenizer, seed: 0);
        try
        {
            using var text = TensorSources.OpenComponent(Path.Combine(folder, TextFolder));
            ModuleWeights.Load(head.text_encoder, text);
            using var noGrad = no_grad();
            own.CopyTo(nameof(image_projection), head.image_projection);
            own.CopyTo(nameof(text_projection), head.text_projection);
            own.CopyTo(nameof(logit_scale), head.logit_scale);
            return head;
        }
        catch
        {
            head.Dispose();
            throw;
        }
    }

    // A token sees only those before it, so what follows every text's end changes nothing and is cut off.
    private Tensor Ids(IReadOnlyCollection<string> texts)
    {
        using var scope = NewDisposeScope();
        var ids = _tokenizer.EncodeBatch(texts);
        var ends = ids.eq(_tokenizer.EndId).to(ScalarType.Int32).argmax(1);
        return ids.narrow(1, 0, ends.max().item<long>() + 1).to(logit_scale.device).alias().MoveToOuterDisposeScope();
    }
}
