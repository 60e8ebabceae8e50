namespace StableRep.Engine.Training.Recipes;

/// <summary>
/// The recipes of StableRep's authors (github.com/google-research/syn-rep-learn, StableRep/README.md, Training): ViT-B/16, six images of each
/// of 43 captions on each of 32 devices, AdamW with betas 0.9 and 0.98 and weight decay 0.1, base rate 2e-4, no clipping, no average.
/// </summary>
internal static class PaperRecipe
{
    private static readonly TrainingRecipe Base = new() { Method = TrainingMethods.StableRep };

    /// <summary>CC12M at 1x, 2x or 3x ("35, 70, 105 epochs").</summary>
    public static TrainingRecipe Cc12M(int times) => times switch
    {
        1 => Base with { Epochs = 15, WarmupEpochs = 0.5 },
        2 => Base with { Epochs = 31, WarmupEpochs = 1.0 },
        _ => Base with { Epochs = 46, WarmupEpochs = 1.5 },
    };

    /// <summary>RedCaps at 1x, 2x or 3x.</summary>
    public static TrainingRecipe RedCaps(int times) => times switch
    {
        1 => Base with { Epochs = 13, WarmupEpochs = 0.45 },
        2 => Base with { Epochs = 27, WarmupEpochs = 0.9 },
        _ => Base with { Epochs = 40, WarmupEpochs = 1.35 },
    };

    /// <summary>CC3M. The authors give no command for it: this is CC12M's 1x schedule.</summary>
    public static TrainingRecipe Cc3M() => Cc12M(1);
}
