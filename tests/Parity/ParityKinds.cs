using StableRep.Parity.Kinds;
using static TorchSharp.torch;

namespace StableRep.Parity;

/// <summary>Computes a case's outputs, by their names without <c>out.</c>, from its inputs. Runs in a dispose scope of its own.</summary>
public delegate IReadOnlyDictionary<string, Tensor> ParityKind(ParityCase parity);

/// <summary>What runs each kind of case.</summary>
public static class ParityKinds
{
    /// <summary>By the <c>kind</c> of the case's JSON.</summary>
    public static IReadOnlyDictionary<string, ParityKind> All { get; } = new Dictionary<string, ParityKind>
    {
        ["adamw"] = TrainingKinds.AdamWSteps,
        ["augment"] = AugmentKind.Run,
        ["embedding-measures"] = ProbeKinds.Measures,
        ["clip-text"] = ClipTextKind.Run,
        ["image-text-loss"] = TrainingKinds.ImageText,
        ["knn"] = ProbeKinds.Neighbours,
        ["logistic-regression"] = ProbeKinds.Logistic,
        ["lr-schedule"] = TrainingKinds.LearningRates,
        ["manifest"] = ManifestKind.Run,
        ["multi-positive-loss"] = TrainingKinds.MultiPositive,
        ["pipeline"] = PipelineKind.Run,
        ["projector"] = TrainingKinds.Projector,
        ["scheduler"] = SchedulerKind.Run,
        ["simclr-loss"] = TrainingKinds.SimClr,
        ["tokenizer"] = TokenizerKind.Run,
        ["unet"] = UNetKind.Run,
        ["vae-decode"] = AutoencoderKinds.Decode,
        ["vae-encode"] = AutoencoderKinds.Encode,
        ["vit"] = VisionTransformerKind.Run,
    };
}
