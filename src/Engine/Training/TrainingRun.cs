using System.Text.Json;
using System.Text.Json.Nodes;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Text;
using StableRep.Engine.Training.Methods;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Engine.Training;

/// <summary>Everything that a run has learned and where it stands: what a checkpoint keeps, whole.</summary>
/// <remarks>
/// No random state is kept because there is none: order, augmentation and drop path follow from the recipe's seed and the position.
/// </remarks>
internal sealed class TrainingRun : IDisposable
{
    private readonly TrainingRecipe _recipe;
    private readonly int _sets;

    public TrainingRun(TrainingRecipe recipe, IPositiveSetSource source, TrainerOptions options)
    {
        (_recipe, _sets) = (recipe, source.Count);
        var tokenizer = TrainingMethods.UsesText(recipe.Method) && options.TokenizerFolder is { } folder ? ClipTokenizer.Load(folder) : null;
        Method = TrainingMethods.Create(recipe, source, tokenizer);
        Method.to(options.Device.Torch);
        Method.train();
        Parameters = new FlatParameters(Method);
        Optimizer = new Optimizer(Parameters, recipe.Optimizer);
        Average = recipe.AverageDecay > 0 ? new ExponentialMovingAverage(Parameters, recipe.AverageDecay) : null;
        Scaler = new LossScaler(options.Device.Precision == Runtime.Precision.Fp16);
    }

    public TrainingMethod Method { get; }

    public FlatParameters Parameters { get; }

    public Optimizer Optimizer { get; }

    public ExponentialMovingAverage? Average { get; }

    public LossScaler Scaler { get; private set; }

    /// <summary>Optimizer steps done, those left out for an overflow included.</summary>
    public long Step { get; private set; }

    /// <summary>The place of the next batch.</summary>
    public LoaderPosition Position { get; private set; }

    public void Advance(LoaderPosition next) => (Step, Position) = (Step + 1, next);

    public string Save(CheckpointStore store)
    {
        using var scope = NewDisposeScope();
        var parts = new Dictionary<string, IReadOnlyDictionary<string, Tensor>>
        {
            ["model"] = ModuleWeights.Collect(Method),
            ["optimizer"] = Optimizer.Collect(),
        };
        if (Average is not null)
        {
            parts.Add("average", Average.Collect());
        }

        return store.Save(Step, new State(JsonNode.Parse(_recipe.ToJson())!, _sets, Position, Scaler.State), parts);
    }

    /// <summary>Takes over a checkpoint of the same run.</summary>
    /// <exception cref="CheckpointException">It is of another recipe or image set, or damaged; the message says what differs.</exception>
    public void Restore(TrainingCheckpoint checkpoint)
    {
        var state = checkpoint.State<State>();
        CheckSame(state, checkpoint.Path);
        using (var model = checkpoint.Open("model"))
        {
            ModuleWeights.Load(Method, model);
        }

        using (var optimizer = checkpoint.Open("optimizer"))
        {
            Optimizer.Load(optimizer);
        }

        if (Average is not null)
        {
            using var average = checkpoint.Open("average");
            Average.Load(average);
        }

        Scaler = new LossScaler(Scaler.IsActive, state.LossScale);
        (Step, Position) = (checkpoint.Step, state.Position);
    }

    public void Dispose()
    {
        Average?.Dispose();
        Optimizer.Dispose();
        Parameters.Dispose();
        Method.Dispose();
    }

    private void CheckSame(State state, string path)
    {
        var mine = JsonNode.Parse(_recipe.ToJson())!.AsObject();
        var stored = Respelled(state.Recipe);
        var changed = mine.Where(pair => !JsonNode.DeepEquals(pair.Value, stored[pair.Key]))
            .Select(pair => $"{pair.Key} was {stored[pair.Key]?.ToJsonString() ?? "absent"} and is {pair.Value?.ToJsonString() ?? "null"}")
            .ToList();
        if (state.Sets != _sets)
        {
            changed.Add($"the image set had {state.Sets} captions and has {_sets}");
        }

        if (changed.Count > 0)
        {
            throw new CheckpointException(
                $"{path} is of another run: {string.Join("; ", changed)}. Resume with the settings it was made with, or train in another folder.");
        }
    }

    /// <summary>A stored recipe as it would be written today; as it is where it was never a recipe of ours.</summary>
    private static JsonObject Respelled(JsonNode recipe)
    {
        try
        {
            return JsonNode.Parse(TrainingRecipe.Parse(recipe.ToJsonString()).ToJson())!.AsObject();
        }
        catch (JsonException)
        {
            return recipe.AsObject();
        }
    }

    private sealed record State(JsonNode Recipe, int Sets, LoaderPosition Position, LossScale LossScale);
}
