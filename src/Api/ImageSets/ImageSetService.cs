using Microsoft.EntityFrameworkCore;
using Npgsql;
using StableRep.Api.Generators;
using StableRep.Api.Http;
using StableRep.Data;
using StableRep.Data.Artifacts;
using StableRep.Data.ImageSets;
using GeneratedImage = StableRep.Data.ImageSets.GeneratedImage;

namespace StableRep.Api.ImageSets;

/// <summary>Finds image sets by content, plans their shards, and reads their images.</summary>
public sealed class ImageSetService(IDbContextFactory<StudioDbContext> stores, IArtifactStore artifacts, TimeProvider clock)
{
    private const int ImagesPerShard = 256;
    private const int FewestImagesPerShard = 16;
    private const int ShardsOfSmallSet = 16;

    /// <summary>The image set with some settings; made, with its shards planned, when there is none yet.</summary>
    /// <exception cref="InputException">A setting is out of range or names nothing.</exception>
    public async Task<ImageSet> FindOrCreateAsync(ImageSetSettings settings, CancellationToken cancellationToken = default)
    {
        var (set, exists) = await ResolveAsync(settings, cancellationToken);
        if (exists)
        {
            return set;
        }

        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        store.ImageSets.Add(set);
        try
        {
            await store.SaveChangesAsync(cancellationToken);
            return set;
        }
        catch (DbUpdateException exception) when (exception.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            // Another request for the same images was faster.
            store.ChangeTracker.Clear();
            return await store.ImageSets.AsNoTracking().SingleAsync(other => other.ContentKey == set.ContentKey, cancellationToken);
        }
    }

    /// <summary>The image set with some settings and its shards: as it is, or as it would be made. Nothing is written.</summary>
    /// <exception cref="InputException">A setting is out of range or names nothing.</exception>
    public async Task<(ImageSet Set, bool Exists)> ResolveAsync(ImageSetSettings settings, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var captions = await store.CaptionSets.AsNoTracking().SingleOrDefaultAsync(set => set.Id == settings.CaptionSetId, cancellationToken);
        var generator = await store.Generators.AsNoTracking().SingleOrDefaultAsync(row => row.Id == settings.GeneratorId, cancellationToken);
        var problems = ImageSetRules.Problems(settings, captions, generator);
        if (problems.Count > 0 || captions is null || generator is null)
        {
            throw new InputException(problems);
        }

        var count = settings.CaptionCount ?? captions.Count;
        var exact = settings with
        {
            Sampler = settings.Sampler ?? GeneratorService.SamplerOf(generator),
            // Without guidance the unconditional half is not computed: neither of these has an effect.
            NegativePrompt = settings.GuidanceScale == 1 ? "" : settings.NegativePrompt.Normalize().Trim(),
            GuidanceRescale = settings.GuidanceScale == 1 ? 0 : settings.GuidanceRescale,
        };
        var key = exact.ContentKey(captions.Sha256, generator.Hash, generator.ImageSize, count);
        if (await store.ImageSets.AsNoTracking().Include(other => other.Shards)
            .SingleOrDefaultAsync(other => other.ContentKey == key, cancellationToken) is { } existing)
        {
            return (existing, true);
        }

        var set = new ImageSet
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()),
            ContentKey = key,
            CaptionSetId = captions.Id,
            GeneratorId = generator.Id,
            GuidanceScale = exact.GuidanceScale,
            ImagesPerPrompt = exact.ImagesPerPrompt,
            Sampler = exact.Sampler,
            Steps = exact.Steps,
            Seed = exact.Seed,
            NegativePrompt = exact.NegativePrompt,
            GuidanceRescale = exact.GuidanceRescale,
            CaptionCount = count,
            CreatedAt = clock.GetUtcNow(),
        };
        set.Shards.AddRange(Shards(set));
        return (set, false);
    }

    /// <summary>What is wrong with some settings, by field; nothing when they are right.</summary>
    public async Task<IReadOnlyDictionary<string, string>> ProblemsAsync(ImageSetSettings settings, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return ImageSetRules.Problems(
            settings,
            await store.CaptionSets.AsNoTracking().SingleOrDefaultAsync(set => set.Id == settings.CaptionSetId, cancellationToken),
            await store.Generators.AsNoTracking().SingleOrDefaultAsync(row => row.Id == settings.GeneratorId, cancellationToken));
    }

    /// <summary>A page of an image set's images in the order of their captions.</summary>
    /// <param name="setId">The set.</param>
    /// <param name="after">The last image seen, or null to begin.</param>
    /// <param name="count">The most images.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public async Task<IReadOnlyList<GeneratedImage>> ListAsync(
        Guid setId, (int Caption, int Image)? after, int count, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var (caption, image) = after ?? (-1, -1);
        return await store.Images.AsNoTracking()
            .Where(row => row.ImageSetId == setId && (row.CaptionIndex > caption || (row.CaptionIndex == caption && row.ImageIndex > image)))
            .OrderBy(row => row.CaptionIndex).ThenBy(row => row.ImageIndex)
            .Take(count).ToListAsync(cancellationToken);
    }

    /// <summary>An image's file, read from its place in the shard.</summary>
    /// <exception cref="MissingException">There is no such image.</exception>
    public async Task<(GeneratedImage Image, Stream Content)> OpenAsync(long imageId, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var found = await store.Images.AsNoTracking().Where(image => image.Id == imageId)
            .Join(store.Shards, image => image.ShardId, shard => shard.Id, (image, shard) => new { image, shard.ArtifactKey })
            .SingleOrDefaultAsync(cancellationToken) ?? throw new MissingException("image", imageId);
        try
        {
            return (found.image, await artifacts.OpenAsync(found.ArtifactKey!, found.image.Offset, found.image.Length, cancellationToken));
        }
        catch (FileNotFoundException)
        {
            throw new MissingException("file of the image", imageId);
        }
    }

    /// <summary>Where an image lies and which noise made it.</summary>
    /// <exception cref="MissingException">There is no such image.</exception>
    public async Task<GeneratedImage> GetAsync(long imageId, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return await store.Images.AsNoTracking().SingleOrDefaultAsync(image => image.Id == imageId, cancellationToken)
            ?? throw new MissingException("image", imageId);
    }

    private static IEnumerable<Shard> Shards(ImageSet set)
    {
        // Small sets get small shards: pictures appear early, and several workers have something to do.
        var images = Math.Clamp((long)set.CaptionCount * set.ImagesPerPrompt / ShardsOfSmallSet, FewestImagesPerShard, ImagesPerShard);
        var captions = (int)Math.Max(1, images / set.ImagesPerPrompt);
        for (var first = 0; first < set.CaptionCount; first += captions)
        {
            yield return new Shard
            {
                Id = Guid.CreateVersion7(set.CreatedAt),
                ImageSetId = set.Id,
                Index = first / captions,
                FirstCaption = first,
                CaptionCount = Math.Min(captions, set.CaptionCount - first),
            };
        }
    }
}
