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
        var captions = batch.Batch.Sets.Select(set => set.Caption).ToArray();
        return new EncoderPart(captions.Length, (start, count) =>
        {
            using var scope = NewDisposeScope();
            var ids = Trim(_tokenizer.EncodeBatch(captions[(int)start..(int)(start + count)])).to(logit_scale.device);
            return text_encoder.Encode(ids).Pooled.to(ScalarType.Float32).MoveToOuterDisposeScope();
        });
    }

    /// <summary>The loss of images and texts, and the images' embeddings.</summary>
    public (ContrastiveResult Result, Tensor Embeddings) Compare(Tensor images, Tensor texts, ViewBatch batch)
    {
        using var exact = Autocast.Off(images.device_type);
        var embeddings = images.matmul(image_projection);
        var textSets = arange(texts.shape[0], dtype: ScalarType.Int64, device: texts.device);
        var result = ContrastiveLosses.ImageText(embeddings, texts.matmul(text_projection), batch.Sets, textSets, logit_scale.exp());
        return (result, embeddings);
    }

    /// <summary>Keeps the scale within [1, 100].</summary>
    public void ClampScale()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        logit_scale.clamp_(0, MaxLogScale);
    }

    // A token sees only those before it, so what follows every text's end changes nothing.
    private Tensor Trim(Tensor ids)
    {
        var ends = ids.eq(_tokenizer.EndId).to(ScalarType.Int32).argmax(1);
        return ids.narrow(1, 0, ends.max().item<long>() + 1);
    }
}
