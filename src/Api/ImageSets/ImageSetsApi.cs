using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using StableRep.Api.Accounts;
using StableRep.Api.Http.Lists;

namespace StableRep.Api.ImageSets;

/// <summary>Image sets, their images and their shards.</summary>
internal static class ImageSetsApi
{
    public static void MapImageSets(this IEndpointRouteBuilder api)
    {
        var sets = api.MapGroup("/image-sets").WithTags("Image sets");
        sets.MapGet("/", List).RequireAuthorization(Policies.Viewer).WithName("ListImageSets").WithSummary("Image sets");
        sets.MapGet("/{id:guid}", Get).RequireAuthorization(Policies.Viewer).WithName("GetImageSet").WithSummary("An image set");
        sets.MapGet("/{id:guid}/images", Images).RequireAuthorization(Policies.Viewer).WithName("ListImages").WithSummary("A set's images by caption");
        sets.MapGet("/{id:guid}/shards", Shards).RequireAuthorization(Policies.Viewer).WithName("ListShards").WithSummary("A set's shards");
        sets.MapGet("/{id:guid}/shards/{index:int}", Shard).RequireAuthorization(Policies.Viewer).WithName("GetShard")
            .WithSummary("A shard as a WebDataset tar, or a range of it").Produces<byte[]>(200, "application/x-tar");
    }

    private static async Task<Ok<Page<ImageSetView>>> List([AsParameters] ListQuery query, ImageSetCatalogue sets, CancellationToken stop) =>
        TypedResults.Ok(await sets.ListAsync(query, stop));

    private static async Task<Ok<ImageSetView>> Get(Guid id, ImageSetCatalogue sets, CancellationToken stop) =>
        TypedResults.Ok(await sets.GetAsync(id, stop));

    private static async Task<Ok<Page<SetImageView>>> Images(Guid id, [AsParameters] ListQuery query, ImageSetCatalogue sets, CancellationToken stop) =>
        TypedResults.Ok(await sets.ImagesAsync(id, query, stop));

    private static async Task<Ok<IReadOnlyList<ShardView>>> Shards(Guid id, ImageSetCatalogue sets, CancellationToken stop) =>
        TypedResults.Ok(await sets.ShardsAsync(id, stop));

    private static async Task<FileStreamHttpResult> Shard(Guid id, int index, ImageSetCatalogue sets, CancellationToken stop)
    {
        var (key, content) = await sets.OpenShardAsync(id, index, stop);
        return TypedResults.File(
            content, "application/x-tar", FormattableString.Invariant($"{id}-{index:D5}.tar"), enableRangeProcessing: true,
            entityTag: new EntityTagHeaderValue($"\"{key.Replace('/', '.')}\""));
    }
}
