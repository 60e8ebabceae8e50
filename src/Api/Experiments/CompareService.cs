using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using StableRep.Api.Http;
using StableRep.Api.Sweeps;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Engine.Training;

namespace StableRep.Api.Experiments;

/// <summary>Puts experiments side by side.</summary>
public sealed class CompareService(IDbContextFactory<StudioDbContext> stores)
{
    /// <summary>The most experiments at once.</summary>
    public const int MaxExperiments = 200;

    private const int MaxRows = 100;

    /// <summary>Compares experiments.</summary>
    /// <param name="ids">The experiments; one that is named twice counts once.</param>
    /// <param name="cancellationToken">Cancels the queries.</param>
    /// <exception cref="InputException">None or too many are named.</exception>
    /// <exception cref="MissingException">One does not exist.</exception>
    public async Task<Comparison> CompareAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken = default)
    {
        var experiments = await LoadAsync(ids, cancellationToken);
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var keys = experiments.Select(row => row.Id).ToList();
        var captionIds = experiments.Select(row => row.ImageSet!.CaptionSetId).Distinct().ToList();
        var generatorIds = experiments.Select(row => row.ImageSet!.GeneratorId).Distinct().ToList();
        var names = await store.CaptionSets.Where(set => captionIds.Contains(set.Id)).Select(set => new { set.Id, set.Name })
            .Concat(store.Generators.Where(row => generatorIds.Contains(row.Id)).Select(row => new { row.Id, row.Name }))
            .ToDictionaryAsync(row => row.Id, row => row.Name, cancellationToken);
        var settings = experiments.ConvertAll(experiment => Settings(experiment, names));
        var coordinates = experiments.ConvertAll(Coordinates);
        var variants = Variants(settings, coordinates);
        var compared = experiments.Select((row, index) => new ComparedExperiment(
            row.Id, row.Name, row.State, row.ImageSetId, row.ImageSet!.CaptionSetId, coordinates[index], variants[index],
            StepsPerEpoch(row), row.LaunchedAt ?? row.CreatedAt, row.LastSequence)).ToList();
        var series = await store.MetricSeries.Where(row => keys.Contains(row.ExperimentId)).Select(row => row.Name).Distinct().ToListAsync(cancellationToken);
        return new Comparison
        {
            Experiments = compared,
            Differences = Differences(settings),
            Series = [.. series.Order(StringComparer.Ordinal)],
            Probes = Probes(experiments, compared),
        };
    }

    /// <summary>
    /// Images of the same captions with the same number, so with noise from the same place: what differs between them is what the experiments'
    /// settings do. Captions of other sets are matched by their text.
    /// </summary>
    /// <param name="ids">The experiments.</param>
    /// <param name="first">The first caption's index in the first experiment's set.</param>
    /// <param name="count">The most captions, at most 100.</param>
    /// <param name="imageIndex">The image's number among those of its caption, from 0.</param>
    /// <param name="cancellationToken">Cancels the queries.</param>
    /// <exception cref="InputException">None or too many experiments are named.</exception>
    /// <exception cref="MissingException">One does not exist.</exception>
    public async Task<IReadOnlyList<MatrixRow>> MatrixAsync(
        IReadOnlyList<Guid> ids, int first, int count, int imageIndex, CancellationToken cancellationToken = default)
    {
        var experiments = await LoadAsync(ids, cancellationToken);
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var lead = experiments[0].ImageSet!;
        var captions = await store.Captions.AsNoTracking()
            .Where(caption => caption.CaptionSetId == lead.CaptionSetId && caption.Index >= first && caption.Index < lead.CaptionCount)
            .OrderBy(caption => caption.Index).Take(Math.Clamp(count, 1, MaxRows)).ToListAsync(cancellationToken);
        var texts = captions.ConvertAll(caption => caption.Text);
        var indices = new Dictionary<Guid, Dictionary<string, int>>
        {
            [lead.CaptionSetId] = ByText(captions),
        };
        foreach (var other in experiments.Select(row => row.ImageSet!.CaptionSetId).Distinct().Where(set => set != lead.CaptionSetId))
        {
            indices[other] = ByText(await store.Captions.AsNoTracking()
                .Where(caption => caption.CaptionSetId == other && texts.Contains(caption.Text)).OrderBy(caption => caption.Index).ToListAsync(cancellationToken));
        }

        var images = new Dictionary<Guid, Dictionary<int, long>>();
        foreach (var set in experiments.Select(row => row.ImageSet!).DistinctBy(set => set.Id))
        {
            var wanted = indices[set.CaptionSetId].Values.ToList();
            images[set.Id] = await store.Images
                .Where(image => image.ImageSetId == set.Id && image.ImageIndex == imageIndex && wanted.Contains(image.CaptionIndex))
                .ToDictionaryAsync(image => image.CaptionIndex, image => image.Id, cancellationToken);
        }

        return
        [
            .. captions.Select(caption => new MatrixRow(caption.Index, caption.Text, [.. experiments.Select(row =>
                indices[row.ImageSet!.CaptionSetId].TryGetValue(caption.Text, out var index) && images[row.ImageSetId].TryGetValue(index, out var image)
                    ? image
                    : (long?)null)])),
        ];
    }

    private async Task<List<Experiment>> LoadAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        var wanted = ids.Distinct().ToList();
        if (wanted.Count is 0 or > MaxExperiments)
        {
            throw new InputException("ids", $"Name from 1 to {MaxExperiments} experiments to compare; these are {wanted.Count}.");
        }

        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var rows = await store.Experiments.AsNoTracking().Include(row => row.ImageSet).Include(row => row.Probes).Where(row => wanted.Contains(row.Id))
            .ToDictionaryAsync(row => row.Id, cancellationToken);
        return wanted.ConvertAll(id => rows.GetValueOrDefault(id) ?? throw new MissingException("experiment", id));
    }

    // Captions that were cut to the longest allowed length may be alike.
    private static Dictionary<string, int> ByText(List<Data.CaptionSets.Caption> captions) =>
        captions.DistinctBy(caption => caption.Text).ToDictionary(caption => caption.Text, caption => caption.Index, StringComparer.Ordinal);

    private static double StepsPerEpoch(Experiment experiment) =>
        Math.Max(1, experiment.ImageSet!.CaptionCount / TrainingRecipe.Parse(experiment.Recipe).SetsPerBatch);

    private static Dictionary<string, string> Coordinates(Experiment experiment)
    {
        var recipe = TrainingRecipe.Parse(experiment.Recipe);
        return SweepAxis.All.ToDictionary(axis => axis.Name, axis => axis.Read(experiment.ImageSet!, recipe), StringComparer.Ordinal);
    }

    /// <summary>Every setting by its path.</summary>
    private static SortedDictionary<string, string> Settings(Experiment experiment, Dictionary<Guid, string> names)
    {
        var set = experiment.ImageSet!;
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Flatten("images", JsonSerializer.SerializeToNode(
            new
            {
                captions = names.GetValueOrDefault(set.CaptionSetId) ?? set.CaptionSetId.ToString(),
                generator = names.GetValueOrDefault(set.GeneratorId) ?? set.GeneratorId.ToString(),
                set.CaptionCount,
                set.GuidanceScale,
                set.GuidanceRescale,
                set.ImagesPerPrompt,
                set.Sampler,
                set.Steps,
                set.Seed,
                set.NegativePrompt,
            },
            JsonSerializerOptions.Web));
        Flatten("recipe", JsonSerializer.SerializeToNode(TrainingRecipe.Parse(experiment.Recipe), TrainingRecipe.Json));
        return settings;

        void Flatten(string path, JsonNode? node)
        {
            if (node is JsonObject parts)
            {
                foreach (var (name, part) in parts)
                {
                    Flatten($"{path}.{name}", part);
                }
            }
            else if (node is not null)
            {
                settings[path] = node is JsonValue value && value.TryGetValue<string>(out var text) ? text : node.ToJsonString();
            }
        }
    }

    private static IReadOnlyList<SettingDifference> Differences(List<SortedDictionary<string, string>> settings) =>
    [
        .. settings.SelectMany(row => row.Keys).Distinct().Order(StringComparer.Ordinal)
            .Select(name => new SettingDifference(name, [.. settings.Select(row => row.GetValueOrDefault(name))]))
            .Where(difference => difference.Values.Distinct().Skip(1).Any()),
    ];

    /// <summary>
    /// Averages over seeds must be over seeds alone: where experiments with the same settings on the axes differ in others, those set them apart.
    /// </summary>
    private static string[] Variants(List<SortedDictionary<string, string>> settings, List<Dictionary<string, string>> coordinates)
    {
        var seeds = SweepAxis.All.Where(axis => axis.IsSeed).Select(axis => axis.Name).ToHashSet();
        var telling = Enumerable.Range(0, settings.Count)
            .GroupBy(index => string.Join('\n', coordinates[index].Where(pair => !seeds.Contains(pair.Key)).Select(pair => pair.Value)))
            .SelectMany(group => Differences([.. group.Select(index => settings[index])]).Select(difference => difference.Name))
            .Where(name => name is not ("images.seed" or "recipe.seed"))
            .Distinct().Order(StringComparer.Ordinal).ToList();
        return [.. settings.Select(row => string.Join(", ", telling.Select(name => $"{name[(name.LastIndexOf('.') + 1)..]} {row.GetValueOrDefault(name) ?? "none"}")))];
    }

    private static IReadOnlyList<ProbeComparison> Probes(List<Experiment> experiments, List<ComparedExperiment> compared)
    {
        var probes = experiments.SelectMany(row => row.Probes).Select(probe => (probe.Kind, probe.Dataset)).Distinct().Order();
        return
        [
            .. probes.Select(probe =>
            {
                var accuracies = experiments.ConvertAll(row => row.Probes.FirstOrDefault(other => (other.Kind, other.Dataset) == probe)?.Accuracy);
                var rows = compared.Zip(accuracies).Where(pair => pair.Second is not null)
                    .Select(pair => new AccuracyRow(pair.First.Id, Comparable(pair.First.Coordinates, compared), pair.First.Variant, pair.Second!.Value)).ToList();
                return new ProbeComparison(probe.Kind, probe.Dataset, accuracies, AccuracyLines.Of(rows));
            }),
        ];
    }

    /// <summary>
    /// The coordinates without epochs where they follow from the others: a sweep that lets all see the same number of images trains longer where
    /// there are fewer a caption.
    /// </summary>
    private static Dictionary<string, string> Comparable(IReadOnlyDictionary<string, string> coordinates, List<ComparedExperiment> all)
    {
        const string Epochs = "epochs";
        var follow = all.GroupBy(other => (other.Coordinates["imagesPerPrompt"], other.Coordinates["method"]))
            .All(group => group.Select(other => other.Coordinates[Epochs]).Distinct().Count() == 1);
        return coordinates.Where(pair => pair.Key != Epochs || !follow).ToDictionary(StringComparer.Ordinal);
    }
}
