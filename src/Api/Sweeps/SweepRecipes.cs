using StableRep.Engine.Training;

namespace StableRep.Api.Sweeps;

/// <summary>Fits a recipe to a method and a number of images per prompt, so that cells can be compared.</summary>
internal static class SweepRecipes
{
    private const string StableRep = "stablerep";
    private const string SimClr = "simclr";

    /// <summary>The recipe of a cell.</summary>
    /// <param name="recipe">The sweep's recipe.</param>
    /// <param name="method">The cell's method, or null where methods do not vary.</param>
    /// <param name="imagesPerPrompt">The cell's images per prompt, or null where they do not vary.</param>
    /// <param name="equalImagesSeen">See <see cref="NewSweep.EqualImagesSeen"/>.</param>
    /// <param name="captions">The captions that there are.</param>
    /// <param name="notes">Takes what people should know.</param>
    public static TrainingRecipe For(
        TrainingRecipe recipe, string? method, int? imagesPerPrompt, bool equalImagesSeen, int captions, List<string> notes)
    {
        if (method is null && imagesPerPrompt is null)
        {
            return recipe;
        }

        // The shape in which methods with several positives see it, whichever method the recipe was written for.
        var viewsPerSet = recipe.ImagesPerSet * (recipe.Method == SimClr ? 2 : 1);
        var perSet = Math.Max(2, imagesPerPrompt ?? viewsPerSet);
        var shape = recipe with { ImagesPerSet = perSet };
        if (perSet != viewsPerSet && (equalImagesSeen || imagesPerPrompt is null))
        {
            var share = (double)viewsPerSet / perSet;
            shape = shape with
            {
                SetsPerBatch = Math.Max(1, (int)Math.Round(recipe.SetsPerBatch * share)),
                Epochs = recipe.Epochs * share,
                WarmupEpochs = recipe.WarmupEpochs * share,
            };
        }

        var wanted = method ?? recipe.Method;
        if (wanted == StableRep && imagesPerPrompt == 1)
        {
            notes.Add("With one image per prompt StableRep's loss is SimCLR's: the only positive is the image's other crop. It is trained as simclr.");
            wanted = SimClr;
        }

        var fitted = TrainingRecipes.ForMethod(shape, wanted);
        if (fitted.SetsPerBatch > captions)
        {
            notes.Add($"A batch would take {fitted.SetsPerBatch} captions and takes the {captions} that there are.");
            fitted = fitted with { SetsPerBatch = captions };
        }

        return fitted;
    }
}
