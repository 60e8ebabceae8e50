using StableRep.Engine.Text;
using StableRep.Engine.Training.Methods;

namespace StableRep.Engine.Training;

/// <summary>The methods by their names in recipes.</summary>
public static class TrainingMethods
{
    internal const string StableRep = "stablerep";
    internal const string StableRepPlus = "stablerep+";
    internal const string SimClr = "simclr";
    internal const string Clip = "clip";
    internal const string Supervised = "supervised";

    /// <summary>Every method's name.</summary>
    public static IReadOnlyList<string> Names { get; } = [StableRep, StableRepPlus, SimClr, Clip, Supervised];

    /// <summary>Whether a method learns from captions, and so needs a tokenizer.</summary>
    public static bool UsesText(string method) => method is StableRepPlus or Clip;

    /// <summary>The fewest images that a caption needs: a caption with fewer teaches nothing.</summary>
    public static int FewestImages(string method) => method == StableRep ? 2 : 1;

    /// <summary>Builds a method with random weights from the recipe's seed, on the CPU.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="source">The images: <c>supervised</c> counts their classes.</param>
    /// <param name="tokenizer">The tokenizer, where <see cref="UsesText"/> says so.</param>
    /// <exception cref="ArgumentException">The tokenizer is missing, or a set has no label and the method is <c>supervised</c>.</exception>
    internal static TrainingMethod Create(TrainingRecipe recipe, IPositiveSetSource source, ClipTokenizer? tokenizer)
    {
        var backbone = recipe.CreateBackbone(recipe.BackboneConfig());
        return recipe.Method switch
        {
            StableRep => new StableRepMethod(backbone, recipe),
            StableRepPlus => new StableRepPlusMethod(backbone, recipe, Needed(tokenizer, recipe)),
            SimClr => new SimClrMethod(backbone, recipe),
            Clip => new ClipMethod(backbone, recipe, Needed(tokenizer, recipe)),
            _ => new SupervisedMethod(backbone, recipe, CountClasses(source)),
        };
    }

    internal static void Check(string method)
    {
        if (!Names.Contains(method))
        {
            throw new NotSupportedException($"'{method}' is not a training method. There are: {string.Join(", ", Names)}.");
        }
    }

    private static ClipTokenizer Needed(ClipTokenizer? tokenizer, TrainingRecipe recipe) => tokenizer ?? throw new ArgumentException(
        $"The method '{recipe.Method}' learns from captions and needs a tokenizer: give {nameof(TrainerOptions.TokenizerFolder)}, for example " +
        "the tokenizer folder of the generator.");

    private static int CountClasses(IPositiveSetSource source)
    {
        var largest = -1;
        for (var index = 0; index < source.Count; index++)
        {
            var set = source.Get(index);
            largest = Math.Max(largest, set.Label ?? throw new ArgumentException(
                $"The method 'supervised' needs a label for every caption; caption {set.CaptionIndex} ('{set.Caption}') has none. " +
                "Choose another method, or a labelled image set."));
        }

        return largest + 1;
    }
}
