using System.Text.Json;
using Hangfire;
using Microsoft.EntityFrameworkCore;
using StableRep.Api.CaptionSets;
using StableRep.Api.Http;
using StableRep.Api.ImageSets;
using StableRep.Api.Live;
using StableRep.Data;
using StableRep.Data.Artifacts;
using StableRep.Data.Playground;

namespace StableRep.Api.Playground;

/// <summary>
/// Images to look at before an experiment is made of them. A worker draws them, ahead of other work; each one is announced under
/// <see cref="Topic"/> when it is there. They are kept for a day.
/// </summary>
public sealed class PreviewService(
    IDbContextFactory<StudioDbContext> stores, IArtifactStore artifacts, IBackgroundJobClient jobs, ExperimentFeed feed, TimeProvider clock)
{
    /// <summary>The most images of a preview.</summary>
    public const int MaxImages = 100;

    /// <summary>The most previews of one person that wait or are drawn at a time.</summary>
    public const int MaxOpen = 6;

    /// <summary>The topic of a preview's notices.</summary>
    public static string Topic(Guid id) => $"preview:{id}";

    /// <summary>Asks for images. They come one by one.</summary>
    /// <exception cref="InputException">A value is out of range or names nothing.</exception>
    /// <exception cref="ConflictException">The person waits for too many previews already.</exception>
    public async Task<PreviewView> StartAsync(NewPreview wanted, Guid? ownerId, CancellationToken cancellationToken = default)
    {
        var problems = Problems(wanted);
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        if (!await store.Generators.AnyAsync(generator => generator.Id == wanted.GeneratorId, cancellationToken))
        {
            problems["generatorId"] = $"There is no generator {wanted.GeneratorId}.";
        }

        if (problems.Count > 0)
        {
            throw new InputException(problems);
        }

        var open = await store.Previews.CountAsync(
            other => other.OwnerId == ownerId && (other.State == PreviewState.Pending || other.State == PreviewState.Running), cancellationToken);
        if (open >= MaxOpen)
        {
            throw new ConflictException($"You wait for {open} previews already: let them end, or cancel some.");
        }

        var preview = new Preview
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()),
            OwnerId = ownerId,
            GeneratorId = wanted.GeneratorId,
            Request = JsonSerializer.Serialize(
                wanted with { Prompts = [.. wanted.Prompts.Select(prompt => prompt with { Text = CaptionText.Normalize(prompt.Text, out _) })] }, JsonSerializerOptions.Web),
            ImageCount = (int)wanted.Count,
            CreatedAt = clock.GetUtcNow(),
        };
        store.Previews.Add(preview);
        await store.SaveChangesAsync(cancellationToken);
        jobs.Enqueue<PreviewJob>(job => job.RunAsync(preview.Id, CancellationToken.None));
        return View(preview);
    }

    /// <summary>A preview as it stands.</summary>
    /// <exception cref="MissingException">There is no such preview, or no longer.</exception>
    public async Task<PreviewView> GetAsync(Guid id, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return View(await store.Previews.AsNoTracking().SingleOrDefaultAsync(row => row.Id == id, cancellationToken) ?? throw new MissingException("preview", id));
    }

    /// <summary>Says that nobody wants a preview any more; what is there stays. Does nothing when it is over.</summary>
    public async Task CancelAsync(Guid id, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var changed = await store.Previews
            .Where(row => row.Id == id && (row.State == PreviewState.Pending || row.State == PreviewState.Running))
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.State, PreviewState.Cancelled), cancellationToken);
        if (changed > 0)
        {
            await feed.PublishAsync(Topic(id), "cancelled");
        }
    }

    /// <summary>One image's file, a PNG that holds how it was made.</summary>
    /// <exception cref="MissingException">There is no such image, or not yet, or no longer.</exception>
    public async Task<Stream> OpenImageAsync(Guid id, int index, CancellationToken cancellationToken = default)
    {
        try
        {
            return await artifacts.OpenAsync(ImageKey(id, index), cancellationToken: cancellationToken);
        }
        catch (FileNotFoundException)
        {
            throw new MissingException("preview image", $"{id}/{index}");
        }
    }

    /// <summary>Where an image is in the artifact store.</summary>
    internal static string ImageKey(Guid id, int index) => $"previews/{id}/{index:D3}.png";

    /// <summary>What is wrong with a wanted preview, by field; nothing when it can be drawn.</summary>
    public static Dictionary<string, string> Problems(NewPreview wanted)
    {
        var problems = new Dictionary<string, string>();
        if (wanted.Prompts.Count is < 1 or > MaxImages
            || wanted.Prompts.Any(prompt => CaptionText.Normalize(prompt.Text, out var cut).Length == 0 || cut || prompt.CaptionIndex < 0))
        {
            problems["prompts"] = $"A preview needs a prompt, of at most {CaptionText.MaxLength} characters.";
        }

        if (wanted.Seeds.Count == 0 || wanted.Seeds.Distinct().Count() != wanted.Seeds.Count)
        {
            problems["seeds"] = "A preview needs a seed, and each only once.";
        }

        if (wanted.GuidanceScales.Count == 0 || wanted.GuidanceScales.Distinct().Count() != wanted.GuidanceScales.Count)
        {
            problems["guidanceScales"] = "A preview needs a guidance scale, and each only once.";
        }

        foreach (var scale in wanted.GuidanceScales.DefaultIfEmpty(1))
        {
            foreach (var (field, problem) in ImageSetRules.DrawingProblems(new ImageSetSettings
            {
                CaptionSetId = default,
                GeneratorId = wanted.GeneratorId,
                GuidanceScale = scale,
                ImagesPerPrompt = wanted.ImagesPerPrompt,
                Sampler = wanted.Sampler,
                Steps = wanted.Steps,
                NegativePrompt = wanted.NegativePrompt,
                GuidanceRescale = wanted.GuidanceRescale,
            }))
            {
                problems[field == "guidanceScale" ? "guidanceScales" : field] = problem;
            }
        }

        if (problems.Count == 0 && wanted.Count > MaxImages)
        {
            problems["seeds"] = $"That is {wanted.Count} images, and a preview has at most {MaxImages}: take fewer prompts, seeds or scales.";
        }

        return problems;
    }

    private static PreviewView View(Preview preview)
    {
        var request = JsonSerializer.Deserialize<NewPreview>(preview.Request, JsonSerializerOptions.Web)!;
        return new PreviewView(
            preview.Id,
            preview.State,
            preview.Failure,
            request,
            [.. request.Cells().Select((cell, index) => new PreviewImage(cell, index < preview.DoneCount ? $"/api/v1/previews/{preview.Id}/images/{index}" : null))],
            JsonSerializer.Deserialize<IReadOnlyList<PreviewMeasure>>(preview.Measures, JsonSerializerOptions.Web)!,
            preview.CreatedAt);
    }
}
