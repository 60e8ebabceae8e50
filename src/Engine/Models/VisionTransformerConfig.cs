using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace StableRep.Engine.Models;

/// <summary>The shape of a <see cref="VisionTransformer"/>. The defaults are those of timm's <c>vit_*_patch16_224</c>.</summary>
public sealed partial record VisionTransformerConfig
{
    /// <summary>The epsilon of every layer norm.</summary>
    internal const double NormEpsilon = 1e-6;

    /// <summary>Height and width of the images, in pixels; a multiple of <see cref="PatchSize"/>.</summary>
    public int ImageSize { get; init; } = 224;

    /// <summary>Height and width of a patch, in pixels.</summary>
    public int PatchSize { get; init; } = 16;

    /// <summary>How a patch becomes a token.</summary>
    public PatchStem Stem { get; init; } = PatchStem.Linear;

    /// <summary>Channels of the images.</summary>
    public int Channels { get; init; } = 3;

    /// <summary>Length of a token and of the features; a multiple of <see cref="Heads"/>.</summary>
    public int Width { get; init; } = 768;

    /// <summary>Number of blocks.</summary>
    public int Depth { get; init; } = 12;

    /// <summary>Attention heads of a block.</summary>
    public int Heads { get; init; } = 12;

    /// <summary>The hidden width of a block's MLP over <see cref="Width"/>.</summary>
    public double MlpRatio { get; init; } = 4;

    /// <summary>Whether queries, keys and values have a bias.</summary>
    public bool QkvBias { get; init; } = true;

    /// <summary>Whether a learned class token is put before the patches.</summary>
    public bool ClassToken { get; init; } = true;

    /// <summary>Whether the class token has a position too (timm's <c>no_embed_class</c> is the opposite).</summary>
    public bool ClassPosition { get; init; } = true;

    /// <summary>How the tokens become features.</summary>
    public TokenPooling Pooling { get; init; } = TokenPooling.ClassToken;

    /// <summary>
    /// Whether the final norm is applied to the pooled features instead of to all tokens (timm's <c>fc_norm</c>); null for timm's rule: with
    /// the average.
    /// </summary>
    public bool? NormAfterPooling { get; init; }

    /// <summary>Where the tokens' positions come from.</summary>
    public PositionKind Positions { get; init; } = PositionKind.Learned;

    /// <summary>The chance that a branch of the last block is left out for an image in training; rises linearly from 0 at the first block
    /// (stochastic depth, Huang et al., arXiv 1603.09382). In [0, 1).</summary>
    public double DropPathRate { get; init; }

    /// <summary>The mean of each channel that was subtracted from the images (of range [0, 1]) in training.</summary>
    public IReadOnlyList<double> Mean { get; init; } = [0.485, 0.456, 0.406];

    /// <summary>The standard deviation of each channel by which the images were divided in training.</summary>
    public IReadOnlyList<double> Std { get; init; } = [0.229, 0.224, 0.225];

    /// <summary>Whether the final norm comes after pooling.</summary>
    internal bool NormsFeatures => NormAfterPooling ?? Pooling == TokenPooling.Average;

    /// <summary>Patches of one image.</summary>
    [JsonIgnore]
    public int PatchCount => ImageSize / PatchSize * (ImageSize / PatchSize);

    /// <summary>Tokens of one image: the patches and the class token.</summary>
    [JsonIgnore]
    public int TokenCount => PatchCount + (ClassToken ? 1 : 0);

    /// <summary>The hidden width of a block's MLP.</summary>
    [JsonIgnore]
    public int MlpWidth => (int)(Width * MlpRatio);

    /// <summary>
    /// A shape by name: timm's <c>vit_tiny|small|base|large|huge_patchP_S</c> (patch P, image size S; a suffix such as
    /// <c>.augreg_in21k</c> says nothing about the shape), or <c>vit-pocket</c>, small enough to train on a CPU.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <exception cref="NotSupportedException">The name is not one of these.</exception>
    public static VisionTransformerConfig Named(string name)
    {
        if (name == "vit-pocket")
        {
            return new()
            {
                ImageSize = 64,
                PatchSize = 16,
                Stem = PatchStem.Convolutional,
                Width = 128,
                Depth = 4,
                Heads = 2,
                ClassToken = false,
                Pooling = TokenPooling.Average,
                Positions = PositionKind.SinCos,
            };
        }

        var match = TimmName().Match(name);
        if (!match.Success)
        {
            throw new NotSupportedException(
                $"'{name}' is not a known vision transformer. Known: vit-pocket, and vit_SIZE_patchP_S with SIZE tiny, small, base, large or " +
                "huge, patch size P and image size S, such as vit_base_patch16_224.");
        }

        var (width, depth, heads) = match.Groups["size"].Value switch
        {
            "tiny" => (192, 12, 3),
            "small" => (384, 12, 6),
            "base" => (768, 12, 12),
            "large" => (1024, 24, 16),
            _ => (1280, 32, 16),
        };
        return new()
        {
            PatchSize = int.Parse(match.Groups["patch"].ValueSpan, CultureInfo.InvariantCulture),
            ImageSize = int.Parse(match.Groups["image"].ValueSpan, CultureInfo.InvariantCulture),
            Width = width,
            Depth = depth,
            Heads = heads,
        };
    }

    /// <summary>Checks that the parts fit each other.</summary>
    /// <exception cref="NotSupportedException">They do not; the message names the values.</exception>
    public void Validate()
    {
        Require(ImageSize > 0 && PatchSize > 0 && ImageSize % PatchSize == 0, $"img_size {ImageSize} is not a multiple of patch_size {PatchSize}");
        Require(Width > 0 && Depth > 0 && Heads > 0 && Width % Heads == 0, $"embed_dim {Width} is not a multiple of num_heads {Heads}");
        Require(MlpWidth > 0 && Channels > 0, $"mlp_ratio {MlpRatio} and in_chans {Channels} must be positive");
        Require(DropPathRate is >= 0 and < 1, $"drop_path_rate {DropPathRate} is not in [0, 1)");
        Require(ClassToken || Pooling == TokenPooling.Average, "without a class token the pooling must be 'avg'");
        Require(Positions == PositionKind.Learned || Width % 4 == 0, $"sin-cos positions need an embed_dim that is a multiple of 4, not {Width}");
        if (Stem == PatchStem.Convolutional)
        {
            Require(PatchSize > 1 && int.IsPow2(PatchSize), $"with a convolutional stem patch_size must be a power of 2, not {PatchSize}");
            var multiple = PatchSize / 2 * PatchEmbedding.StemGroups;
            Require(Width % multiple == 0, $"with a convolutional stem and patches of {PatchSize} pixels embed_dim must be a multiple of {multiple}, not {Width}");
        }

        Require(Mean.Count == Channels && Std.Count == Channels, $"mean and std must have {Channels} values");
    }

    private static void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new NotSupportedException($"This vision transformer cannot be built: {problem}.");
        }
    }

    [GeneratedRegex(@"^vit_(?<size>tiny|small|base|large|huge)_patch(?<patch>\d{1,3})_(?<image>\d{1,4})(\..+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex TimmName();
}

/// <summary>How a vision transformer's tokens become one feature vector.</summary>
public enum TokenPooling
{
    /// <summary>The class token.</summary>
    ClassToken,

    /// <summary>The mean of the patch tokens.</summary>
    Average,
}

/// <summary>How a vision transformer's patches become tokens.</summary>
public enum PatchStem
{
    /// <summary>One linear projection of a patch's pixels.</summary>
    Linear,

    /// <summary>
    /// 3×3 convolutions of stride 2 down to the patches' grid and a 1×1 convolution, with MoCo v3's parameter names (Xiao et al., "Early Convolutions Help
    /// Transformers See Better", arXiv 2106.14881): the transformer learns from far fewer images.
    /// </summary>
    Convolutional,
}

/// <summary>Where the positions of a vision transformer's tokens come from.</summary>
public enum PositionKind
{
    /// <summary>Learned.</summary>
    Learned,

    /// <summary>Fixed sines and cosines of the patch's column and row (as in MoCo v3 and MAE).</summary>
    SinCos,
}
