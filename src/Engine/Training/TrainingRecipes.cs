using StableRep.Engine.Training.Recipes;

namespace StableRep.Engine.Training;

/// <summary>The recipes that come with the engine, by name.</summary>
public static class TrainingRecipes
{
    private static readonly Dictionary<string, Func<TrainingRecipe>> ByName = new(StringComparer.Ordinal)
    {
        ["paper-cc12m"] = () => PaperRecipe.Cc12M(1),
        ["paper-cc12m-2x"] = () => PaperRecipe.Cc12M(2),
        ["paper-cc12m-3x"] = () => PaperRecipe.Cc12M(3),
        ["paper-redcaps"] = () => PaperRecipe.RedCaps(1),
        ["paper-redcaps-2x"] = () => PaperRecipe.RedCaps(2),
        ["paper-redcaps-3x"] = () => PaperRecipe.RedCaps(3),
        ["paper-cc3m"] = PaperRecipe.Cc3M,
        ["demo"] = DemoRecipe.Create,
    };

    /// <summary>Every name.</summary>
    public static IReadOnlyCollection<string> Names => ByName.Keys;

    /// <summary>A recipe for a method.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="method">One of <see cref="TrainingMethods.Names"/>; batches fit it (see <see cref="ForMethod"/>).</param>
    /// <exception cref="NotSupportedException">There is no such recipe or method.</exception>
    public static TrainingRecipe Named(string name, string method = TrainingMethods.StableRep)
    {
        TrainingMethods.Check(method);
        return ByName.TryGetValue(name, out var create)
            ? ForMethod(create(), method)
            : throw new NotSupportedException($"'{name}' is not a recipe. There are: {string.Join(", ", Names)}.");
    }

    /// <summary>
    /// The same recipe for another method at the same cost: as many views a batch, and as many batches. Methods that take one image of a
    /// caption get more captions a batch, and more epochs for that.
    /// </summary>
    /// <param name="recipe">A recipe of any method.</param>
    /// <param name="method">One of <see cref="TrainingMethods.Names"/>.</param>
    public static TrainingRecipe ForMethod(TrainingRecipe recipe, string method)
    {
        TrainingMethods.Check(method);
        if (method is TrainingMethods.StableRep or TrainingMethods.StableRepPlus or TrainingMethods.Supervised || recipe.ImagesPerSet == 1)
        {
            return recipe with { Method = method };
        }

        var views = method == TrainingMethods.SimClr ? 2 : 1;
        var more = (double)recipe.ImagesPerSet / views;
        return recipe with
        {
            Method = method,
            ImagesPerSet = 1,
            SetsPerBatch = Math.Max(1, (int)Math.Round(recipe.SetsPerBatch * more)),
            Epochs = recipe.Epochs * more,
            WarmupEpochs = recipe.WarmupEpochs * more,
        };
    }
}
