using StableRep.Engine.Models;
using static TorchSharp.torch;

namespace StableRep.Engine.Training.Methods;

/// <summary>
/// What a run learns by: the encoder, whatever training puts on top of it, and the loss. One trainer runs all methods. A method owns its
/// modules; its parameters' names begin with the field that holds them (<c>backbone.</c> is the encoder).
/// </summary>
public abstract class TrainingMethod : nn.Module
{
    private readonly VisionTransformer backbone;

    private protected TrainingMethod(string name, VisionTransformer backbone)
        : base(name) => this.backbone = backbone;

    /// <summary>The encoder: what a run is for.</summary>
    public VisionTransformer Backbone => backbone;

    /// <summary>Crops of each image in a batch.</summary>
    internal virtual int Crops => 1;

    /// <summary>The encoders of a batch; the first one is the images'.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="dropPath">The branches that the encoder leaves out, or null.</param>
    internal virtual IReadOnlyList<EncoderPart> Parts(ViewBatch batch, Tensor? dropPath) =>
    [
        new(batch.Count, (start, count) =>
        {
            using var scope = NewDisposeScope();
            var features = backbone.Encode(batch.Images(start, count), dropPath?.narrow(1, start, count));
            return features.to(ScalarType.Float32).MoveToOuterDisposeScope();
        }),
    ];

    /// <summary>The loss of a batch.</summary>
    /// <param name="features">What <see cref="Parts"/> encoded, in its order.</param>
    /// <param name="batch">The batch.</param>
    internal abstract MethodLoss Loss(IReadOnlyList<Tensor> features, ViewBatch batch);

    /// <summary>Called after each optimizer step.</summary>
    internal virtual void AfterStep()
    {
    }

    /// <summary>Writes what images and texts have in common, where the method learns it.</summary>
    /// <returns>Whether there is any.</returns>
    internal virtual bool SaveImageText(string folder, string? tokenizerFolder) => false;

    /// <summary>Seeds of a method's own modules, apart from the encoder's.</summary>
    private protected static ulong HeadSeed(ulong seed, ulong head) => unchecked(seed * 31 + 1000 + head);
}
