using StableRep.Engine.Augmentation;

namespace StableRep.Engine.Training.Recipes;

/// <summary>Minutes on a CPU: a small encoder on the pocket generator's pictures of 64 pixels. Chosen by trial, not from a paper.</summary>
internal static class DemoRecipe
{
    public static TrainingRecipe Create() => new()
    {
        Method = TrainingMethods.StableRep,
        Backbone = "vit-pocket",
        SetsPerBatch = 32,
        ImagesPerSet = 4,
        Epochs = 20,
        WarmupEpochs = 1,
        // Small batches and encoders take larger rates than the paper's: 1e-3 at 128 views.
        BaseLearningRate = 4e-3,
        Optimizer = new OptimizerOptions { WeightDecay = 0.05, Muon = true },
        ClipGradientNorm = 3,
        ProjectorHidden = 512,
        ProjectorOutput = 128,
        TextTower = new TextTowerRecipe { Width = 128, Depth = 3, Heads = 2, EmbeddingWidth = 128 },
        Resolution = 64,
        Augmentation = AugmentationSettings.Strong(64) with { CropScaleMin = 0.5 },
    };
}
