using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using StableRep.Api.Accounts;
using StableRep.Data.ImageSets;

namespace StableRep.Api.ImageSets;

/// <summary>Single images and their thumbnails. An image never changes, so that whoever has it may keep it.</summary>
internal static class ImagesApi
{
    private const string Forever = "private, max-age=31536000, immutable";

    public static void MapImages(this IEndpointRouteBuilder api)
    {
        var images = api.MapGroup("/images").WithTags("Image sets");
        images.MapGet("/{id:long}", File).RequireAuthorization(Policies.Viewer).WithName("GetImage")
            .WithSummary("An image's file, or a range of it").Produces<byte[]>(200, "image/png");
        images.MapGet("/{id:long}/thumbnail", Thumbnail).RequireAuthorization(Policies.Viewer).WithName("GetThumbnail")
            .WithSummary("An image made small, as WebP").Produces<byte[]>(200, "image/webp");
    }

    private static async Task<FileStreamHttpResult> File(long id, ImageSetService images, HttpResponse response, CancellationToken stop)
    {
        var (image, content) = await images.OpenAsync(id, stop);
        response.Headers.CacheControl = Forever;
        return TypedResults.File(content, "image/png", enableRangeProcessing: true, entityTag: new EntityTagHeaderValue($"\"{Identity(image)}\""));
    }

    private static async Task<FileContentHttpResult> Thumbnail(
        long id, ThumbnailCache thumbnails, ImageSetService images, HttpResponse response,
        [Description("The longer side in pixels: 64, 128 or 256.")] int size = ThumbnailCache.Medium, CancellationToken stop = default)
    {
        var image = await images.GetAsync(id, stop);
        var tag = new EntityTagHeaderValue($"\"{Identity(image)}.{size}\"");
        var file = await thumbnails.GetAsync(id, size, stop);
        response.Headers.CacheControl = Forever;
        return TypedResults.File(file, "image/webp", entityTag: tag);
    }

    // Ids begin anew in another database: the shard's id does not.
    private static string Identity(GeneratedImage image) => FormattableString.Invariant($"{image.ShardId:N}.{image.Offset}");
}
