using Microsoft.EntityFrameworkCore;
using StableRep.Api.Http;
using StableRep.Api.Http.Lists;
using StableRep.Data;
using StableRep.Data.Artifacts;

namespace StableRep.Api.ImageSets;

/// <summary>Finds image sets and what is in them.</summary>
public sealed class ImageSetCatalogue(IDbContextFactory<StudioDbContext> stores, ListReader lists, IArtifactStore artifacts)
{
    private static readonly ListFields<ImageSetView> Fields = new ListFields<ImageSetView>(set => set.Id)
        .Add("id", set => set.Id)
        .Add("caption_set_id", set => set.CaptionSetId)
        .Add("caption_set", set => set.CaptionSet)
        .Add("generator_id", set => set.GeneratorId)
        .Add("generator", set => set.Generator)
        .Add("guidance_scale", set => set.GuidanceScale)
        .Add("images_per_prompt", set => set.ImagesPerPrompt)
        .Add("sampler", set => set.Sampler)
        .Add("steps", set => set.Steps)
        .Add("seed", set => set.Seed)
        .Add("caption_count", set => set.CaptionCount)
        .Add("created_at", set => set.CreatedAt);

    private static readonly ListFields<SetImageView> ImageFields = new ListFields<SetImageView>(image => image.Id)
        .Add("caption_index", image => image.CaptionIndex)
        .Add("image_index", image => image.ImageIndex)
        .Add("caption", image => image.Caption)
        .Add("seed", image => image.Seed)
        .Add("replaces_id", image => image.ReplacesId);

    /// <summary>A part of the image sets, the newest first unless another order is asked for.</summary>
    /// <exception cref="InputException">The query is wrong.</exception>
    public async Task<Page<ImageSetView>> ListAsync(ListQuery query, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return await lists.ReadAsync(Views(store), Fields, query, cancellationToken);
    }

    /// <summary>One image set.</summary>
    /// <exception cref="MissingException">There is no such set.</exception>
    public async Task<ImageSetView> GetAsync(Guid id, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return await Views(store).SingleOrDefaultAsync(set => set.Id == id, cancellationToken) ?? throw new MissingException("image set", id);
    }

    /// <summary>A part of a set's images with their captions, in the order of the captions unless another is asked for.</summary>
    /// <exception cref="MissingException">There is no such set.</exception>
    /// <exception cref="InputException">The query is wrong.</exception>
    public async Task<Page<SetImageView>> ImagesAsync(Guid id, ListQuery query, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var captions = await store.ImageSets.Where(set => set.Id == id).Select(set => (Guid?)set.CaptionSetId).SingleOrDefaultAsync(cancellationToken)
            ?? throw new MissingException("image set", id);
        var rows =
            from image in store.Images
            join caption in store.Captions on image.CaptionIndex equals caption.Index
            where image.ImageSetId == id && caption.CaptionSetId == captions
            select new SetImageView
            {
                Id = image.Id,
                CaptionIndex = image.CaptionIndex,
                ImageIndex = image.ImageIndex,
                Caption = caption.Text,
                Seed = image.Seed,
                Bytes = image.Length,
                ReplacesId = image.ReplacesId,
            };
        return await lists.ReadAsync(rows, ImageFields, query with { OrderBy = query.OrderBy ?? "caption_index, image_index" }, cancellationToken);
    }

    /// <summary>A set's shards in order.</summary>
    /// <exception cref="MissingException">There is no such set.</exception>
    public async Task<IReadOnlyList<ShardView>> ShardsAsync(Guid id, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var shards = await store.Shards.AsNoTracking().Where(shard => shard.ImageSetId == id).OrderBy(shard => shard.Index)
            .Select(shard => new ShardView
            {
                Index = shard.Index,
                State = shard.State,
                FirstCaption = shard.FirstCaption,
                CaptionCount = shard.CaptionCount,
                Bytes = shard.Length,
                Seconds = shard.Seconds,
                Failure = shard.Failure,
                FinishedAt = shard.FinishedAt,
            }).ToListAsync(cancellationToken);
        return shards.Count > 0 ? shards : throw new MissingException("image set", id);
    }

    /// <summary>A shard's tar.</summary>
    /// <exception cref="MissingException">There is no such shard, or it is not made yet.</exception>
    public async Task<(string Key, Stream Content)> OpenShardAsync(Guid id, int index, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var key = await store.Shards.Where(shard => shard.ImageSetId == id && shard.Index == index).Select(shard => shard.ArtifactKey)
            .SingleOrDefaultAsync(cancellationToken) ?? throw new MissingException("finished shard", index);
        try
        {
            return (key, await artifacts.OpenAsync(key, cancellationToken: cancellationToken));
        }
        catch (FileNotFoundException)
        {
            throw new MissingException("file of the shard", index);
        }
    }

    private static IQueryable<ImageSetView> Views(StudioDbContext store) =>
        from set in store.ImageSets.AsNoTracking()
        join captions in store.CaptionSets on set.CaptionSetId equals captions.Id
        join generator in store.Generators on set.GeneratorId equals generator.Id
        select new ImageSetView
        {
            Id = set.Id,
            CaptionSetId = captions.Id,
            CaptionSet = captions.Name,
            GeneratorId = generator.Id,
            Generator = generator.Name,
            GuidanceScale = set.GuidanceScale,
            ImagesPerPrompt = set.ImagesPerPrompt,
            Sampler = set.Sampler,
            Steps = set.Steps,
            Seed = set.Seed,
            NegativePrompt = set.NegativePrompt,
            GuidanceRescale = set.GuidanceRescale,
            CaptionCount = set.CaptionCount,
            Images = (long)set.CaptionCount * set.ImagesPerPrompt,
            ImagesDone = set.Shards.Where(shard => shard.State == WorkState.Done && !shard.Regenerates).Sum(shard => (long)shard.CaptionCount) * set.ImagesPerPrompt,
            Shards = set.Shards.Count(shard => !shard.Regenerates),
            ShardsDone = set.Shards.Count(shard => shard.State == WorkState.Done && !shard.Regenerates),
            Experiments = store.Experiments.Count(experiment => experiment.ImageSetId == set.Id),
            CreatedAt = set.CreatedAt,
        };
}
