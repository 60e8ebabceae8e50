using Microsoft.Extensions.Options;
using StableRep.Api.CaptionSets;
using StableRep.Api.Generators;
using StableRep.Api.ImageSets;
using StableRep.Data.Experiments;
using StableRep.Data.Probes;
using StableRep.Engine.Training;

namespace StableRep.Api.Experiments;

/// <summary>
/// A newcomer's first experiment, which takes minutes on two cores: the sample captions, the bundled generator, StableRep's demo recipe, and a linear
/// probe beside its baselines.
/// </summary>
public sealed class DemoExperiment(
    CaptionSetService captions, GeneratorService generators, ExperimentService experiments, IOptions<DemoOptions> options)
{
    private const string CaptionFileName = "scenes-1k.txt";
    private const string Dataset = "scenes-objects";

    /// <summary>Writes it down and launches it. With a seed that was used before, its images are there already.</summary>
    /// <param name="seed">Decides noise, weights and order.</param>
    /// <param name="ownerId">Whose it is, or null for the studio itself.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<Experiment> LaunchAsync(int seed = 0, Guid? ownerId = null, CancellationToken cancellationToken = default)
    {
        var file = CaptionFile.Open(Path.Combine(AppContext.BaseDirectory, "assets", "captions", CaptionFileName), CaptionFileName);
        var (set, _) = await captions.KeepAsync(file, "Sample captions", CaptionFileName, null, ownerId, cancellationToken);
        var generator = (await generators.RefreshAsync(cancellationToken)).First(row => row.Source == GeneratorService.Bundled);
        var experiment = await experiments.CreateAsync(
            new NewExperiment
            {
                Name = $"First experiment{(seed == 0 ? "" : $" (seed {seed})")}",
                Notes = "Sample captions, 4 images each at guidance scale 3, StableRep, and a linear probe beside the encoder before training and raw pixels.",
                Tags = ["demo"],
                Images = new ImageSetSettings
                {
                    CaptionSetId = set.Id,
                    GeneratorId = generator.Id,
                    GuidanceScale = 3,
                    ImagesPerPrompt = 4,
                    Steps = 12,
                    Seed = seed,
                    CaptionCount = Math.Min(options.Value.Captions, set.Count),
                },
                Recipe = TrainingRecipes.Named("demo") with { Seed = (ulong)seed, Epochs = options.Value.Epochs },
                Probes = [new(ProbeKind.Linear, Dataset), new(ProbeKind.RandomInit, Dataset), new(ProbeKind.RawPixels, Dataset)],
            },
            ownerId,
            cancellationToken);
        await experiments.LaunchAsync(experiment.Id, cancellationToken);
        return experiment;
    }
}
