using System.Globalization;
using StableRep.Api.Experiments;
using StableRep.Api.Http;
using StableRep.Data.Probes;
using StableRep.Engine.Training;

namespace StableRep.Api.Sweeps;

/// <summary>Spreads a sweep out into its cells, each an experiment to be.</summary>
internal sealed class SweepGrid
{
    /// <summary>The most cells of a sweep.</summary>
    public const int MaxCells = 400;

    private const int NameLength = 200;

    private readonly NewSweep _sweep;
    private readonly int _captions;

    private SweepGrid(NewSweep sweep, int captions, IReadOnlyList<SweepAxisValues> axes) => (_sweep, _captions, Axes) = (sweep, captions, axes);

    /// <summary>The axes that are written, with their values.</summary>
    public IReadOnlyList<SweepAxisValues> Axes { get; }

    /// <summary>Reads the axes.</summary>
    /// <param name="sweep">The sweep.</param>
    /// <param name="captions">The captions that its image sets have.</param>
    /// <exception cref="InputException">An axis cannot be read, there is none, or the grid is too large.</exception>
    public static SweepGrid Of(NewSweep sweep, int captions)
    {
        var errors = new Dictionary<string, string>();
        var axes = new List<SweepAxisValues>();
        foreach (var axis in SweepAxis.All)
        {
            if (axis.Written(sweep.Axes) is { } text && !string.IsNullOrWhiteSpace(text))
            {
                try
                {
                    axes.Add(new SweepAxisValues(axis.Name, axis.Title, axis.Parse(text)));
                }
                catch (AxisSyntaxException exception)
                {
                    errors[$"axes.{axis.Name}"] = exception.Message;
                }
            }
        }

        var cells = axes.Aggregate(1L, (product, axis) => Math.Min(product * axis.Values.Count, int.MaxValue));
        if (errors.Count == 0 && axes.Count == 0)
        {
            errors["axes"] = "Nothing varies: write the values of at least one axis, such as a guidance scale of 2-10 (+2).";
        }
        else if (cells > MaxCells)
        {
            errors["axes"] = $"The grid has {cells} cells ({string.Join(" × ", axes.Select(axis => axis.Values.Count))}) and may have {MaxCells}: leave values out.";
        }

        return errors.Count == 0 ? new SweepGrid(sweep, captions, axes) : throw new InputException(errors);
    }

    /// <summary>Every cell, the last axis running fastest.</summary>
    public IEnumerable<GridCell> Cells()
    {
        IEnumerable<IReadOnlyList<(SweepAxis Axis, string Value)>> rows = [[]];
        foreach (var axis in Axes)
        {
            rows = rows.SelectMany(row => axis.Values.Select(value => (IReadOnlyList<(SweepAxis, string)>)[.. row, (axis.Axis, value)]));
        }

        return rows.Select(Cell);
    }

    private GridCell Cell(IReadOnlyList<(SweepAxis Axis, string Value)> row)
    {
        var values = row.ToDictionary(pair => pair.Axis.Name, pair => pair.Value, StringComparer.Ordinal);
        double? Number(string axis) => values.TryGetValue(axis, out var text) ? double.Parse(text, CultureInfo.InvariantCulture) : null;
        var notes = new List<string>();
        var images = _sweep.Images with
        {
            GuidanceScale = Number("guidanceScale") ?? _sweep.Images.GuidanceScale,
            ImagesPerPrompt = (int?)Number("imagesPerPrompt") ?? _sweep.Images.ImagesPerPrompt,
            Sampler = values.GetValueOrDefault("sampler") ?? _sweep.Images.Sampler,
            Steps = (int?)Number("steps") ?? _sweep.Images.Steps,
            Seed = (long?)Number("imageSeed") ?? _sweep.Images.Seed,
        };
        var epochs = Number("epochs") ?? _sweep.Recipe.Epochs;
        var recipe = _sweep.Recipe with
        {
            Epochs = epochs,
            WarmupEpochs = _sweep.Recipe.WarmupEpochs * epochs / _sweep.Recipe.Epochs,
            BaseLearningRate = Number("baseLearningRate") ?? _sweep.Recipe.BaseLearningRate,
            Seed = (ulong?)Number("trainingSeed") ?? _sweep.Recipe.Seed,
        };
        recipe = SweepRecipes.For(
            recipe, values.GetValueOrDefault("method"), (int?)Number("imagesPerPrompt"), _sweep.EqualImagesSeen, _captions, notes);
        return new GridCell(values, Experiment(row, images, recipe, notes), notes);
    }

    private NewExperiment Experiment(
        IReadOnlyList<(SweepAxis Axis, string Value)> row, ImageSets.ImageSetSettings images, TrainingRecipe recipe, List<string> notes)
    {
        var probes = _sweep.Probes;
        if (!TrainingMethods.UsesText(recipe.Method) && probes.Any(probe => probe.Kind == ProbeKind.ZeroShot))
        {
            probes = [.. probes.Where(probe => probe.Kind != ProbeKind.ZeroShot)];
            notes.Add($"Without the zero-shot probe: {recipe.Method} learns from no text.");
        }

        var label = string.Join(" · ", row.Select(pair => pair.Axis.Label(pair.Value)));
        var room = NameLength - label.Length - 3;
        var name = _sweep.Name.Trim();
        return new NewExperiment
        {
            Name = $"{(name.Length <= room ? name : name[..room])} · {label}",
            Images = images,
            Recipe = recipe,
            Probes = probes,
            Priority = _sweep.Priority,
            Tags = _sweep.Tags,
        };
    }
}

/// <summary>One cell of a grid.</summary>
/// <param name="Coordinates">The value of each axis, by its name.</param>
/// <param name="Experiment">The experiment.</param>
/// <param name="Notes">What was done so that its settings fit each other.</param>
internal sealed record GridCell(IReadOnlyDictionary<string, string> Coordinates, NewExperiment Experiment, IReadOnlyList<string> Notes);
