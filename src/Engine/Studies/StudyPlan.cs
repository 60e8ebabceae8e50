using StableRep.Engine.Training;

namespace StableRep.Engine.Studies;

/// <summary>The settings that a study compares. One that several experiments need is trained once.</summary>
/// <param name="scale">The study's size.</param>
public sealed class StudyPlan(StudyScale scale)
{
    private const string StableRep = "stablerep";
    private const string SimClr = "simclr";

    /// <summary>The methods of experiment 3, in the order of its table.</summary>
    public static IReadOnlyList<string> Methods { get; } = [StudyCell.Random, SimClr, "clip", StableRep, "stablerep+", "supervised"];

    /// <summary>Every cell once, seed by seed, so that a study that is stopped early has all settings of the first seeds.</summary>
    public IReadOnlyList<StudyCell> Cells() =>
    [
        .. Enumerable.Range(0, scale.Seeds).SelectMany(seed => Settings().Select(setting => setting with { Seed = seed })).Distinct(),
    ];

    /// <summary>Experiment 1: a method at a guidance scale; null is real renders.</summary>
    public StudyCell ByGuidance(string method, double? guidance) => new(method, guidance, scale.ImagesPerPrompt, 0);

    /// <summary>
    /// Experiment 2: StableRep by images per prompt. With a single image there is no positive but another crop of it, and the multi-positive loss
    /// is SimCLR's.
    /// </summary>
    public StudyCell ByImages(int imagesPerPrompt) => new(imagesPerPrompt == 1 ? SimClr : StableRep, scale.DefaultGuidance, imagesPerPrompt, 0);

    /// <summary>Experiment 3: a method at the default guidance scale.</summary>
    public StudyCell ByMethod(string method) => new(method, scale.DefaultGuidance, scale.ImagesPerPrompt, 0);

    /// <summary>The guidance scales whose image sets are needed, each with the most images per prompt that any cell sees.</summary>
    public IReadOnlyList<(double Guidance, int ImagesPerPrompt)> ImageSets() =>
    [
        .. Settings()
            .Where(cell => cell is { Guidance: not null } and not { Method: StudyCell.Random })
            .GroupBy(cell => cell.Guidance!.Value)
            .Select(group => (group.Key, group.Max(cell => cell.ImagesPerPrompt))),
    ];

    /// <summary>The recipe of a cell: the demo's, at the scale's batch and length, the same number of views for every method.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="sets">The sets of its images.</param>
    public TrainingRecipe Recipe(StudyCell cell, int sets)
    {
        var perSet = Math.Max(2, cell.ImagesPerPrompt);
        var shape = TrainingRecipes.Named("demo") with { ImagesPerSet = perSet, SetsPerBatch = scale.ViewsPerBatch / perSet };
        var recipe = TrainingRecipes.ForMethod(shape, cell.Method == StudyCell.Random ? StableRep : cell.Method);
        var setsPerBatch = Math.Min(recipe.SetsPerBatch, sets);
        var epochs = scale.Steps / (double)(sets / setsPerBatch);
        return recipe with
        {
            SetsPerBatch = setsPerBatch,
            Epochs = epochs,
            WarmupEpochs = epochs * recipe.WarmupEpochs / recipe.Epochs,
            Seed = (ulong)cell.Seed,
        };
    }

    private IEnumerable<StudyCell> Settings()
    {
        var guided = from guidance in scale.Guidances from method in new[] { StableRep, SimClr } select ByGuidance(method, guidance);
        return Methods.Select(ByMethod)
            .Concat(guided)
            .Append(ByGuidance(SimClr, null))
            .Concat(scale.ImagesPerPromptGrid.Select(ByImages))
            .Distinct();
    }
}
