using StableRep.Engine.Scenes;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StableRep.Benchmarks.Recognition;

/// <summary>A small convolutional network with a head for each attribute of a scene's main object.</summary>
internal sealed class SceneJudgeNetwork : nn.Module<Tensor, Tensor>
{
    public const int FeatureWidth = 2 * Width;
    private const int Width = 192;

#pragma warning disable IDE1006 // The fields' names are the keys of the weights.
    private readonly Sequential trunk;
    private readonly Linear classes;
    private readonly Linear colours;
    private readonly Linear textures;
#pragma warning restore IDE1006

    public SceneJudgeNetwork()
        : base(nameof(SceneJudgeNetwork))
    {
        trunk = nn.Sequential(
            Block(3, 24, stride: 2),
            Block(24, 48, stride: 2),
            Block(48, 48, stride: 1),
            Block(48, 96, stride: 2),
            Block(96, 96, stride: 1),
            Block(96, Width, stride: 2),
            Block(Width, Width, stride: 1));
        classes = nn.Linear(FeatureWidth, SceneRules.ClassCount);
        colours = nn.Linear(FeatureWidth, SceneRules.ColourCount);
        textures = nn.Linear(FeatureWidth, SceneRules.TextureCount);
        RegisterComponents();
    }

    /// <summary>The logits of <paramref name="images"/> <c>[B, 3, 64, 64]</c> in [0, 1]: classes, colours and textures, <c>[B, 31]</c>.</summary>
    public override Tensor forward(Tensor images) => Heads(Features(images));

    /// <summary>What the heads see, <c>[B, FeatureWidth]</c>: the mean and the maximum over the picture.</summary>
    public Tensor Features(Tensor images)
    {
        var maps = trunk.forward((images - 0.5f) * 4); // [B, Width, 4, 4]
        return cat([maps.mean([2, 3]), maps.amax([2, 3])], 1);
    }

    public Tensor Heads(Tensor features) => cat([classes.forward(features), colours.forward(features), textures.forward(features)], 1);

    private static Sequential Block(int from, int to, int stride) => nn.Sequential(
        nn.Conv2d(from, to, 3, stride: stride, padding: 1, bias: false),
        nn.BatchNorm2d(to),
        nn.ReLU());
}
