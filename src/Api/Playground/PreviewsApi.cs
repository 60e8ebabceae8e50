using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using StableRep.Api.Accounts;

namespace StableRep.Api.Playground;

/// <summary>Images to look at before an experiment is made of them.</summary>
internal static class PreviewsApi
{
    /// <summary>Maps the endpoints.</summary>
    public static void MapPreviews(this IEndpointRouteBuilder api)
    {
        var previews = api.MapGroup("/previews").WithTags("Previews");
        previews.MapPost("", StartAsync).RequireAuthorization(Policies.Researcher);
        previews.MapGet("/{id:guid}", GetAsync).WithName(nameof(PreviewsApi)).RequireAuthorization(Policies.Viewer);
        previews.MapDelete("/{id:guid}", CancelAsync).RequireAuthorization(Policies.Researcher);
        previews.MapGet("/{id:guid}/images/{index:int:min(0)}", ImageAsync).RequireAuthorization(Policies.Viewer);
    }

    /// <summary>Asks for a few images; they come one by one.</summary>
    private static async Task<AcceptedAtRoute<PreviewView>> StartAsync(
        NewPreview wanted, PreviewService previews, ClaimsPrincipal user, CancellationToken cancellationToken)
    {
        var preview = await previews.StartAsync(wanted, user.UserId(), cancellationToken);
        return TypedResults.AcceptedAtRoute(preview, nameof(PreviewsApi), new { id = preview.Id });
    }

    /// <summary>A preview as it stands, with the addresses of the images that are there.</summary>
    private static async Task<Ok<PreviewView>> GetAsync(Guid id, PreviewService previews, CancellationToken cancellationToken) =>
        TypedResults.Ok(await previews.GetAsync(id, cancellationToken));

    /// <summary>Says that nobody wants a preview any more.</summary>
    private static async Task<NoContent> CancelAsync(Guid id, PreviewService previews, CancellationToken cancellationToken)
    {
        await previews.CancelAsync(id, cancellationToken);
        return TypedResults.NoContent();
    }

    /// <summary>One image, a PNG that holds how it was made.</summary>
    private static async Task<FileStreamHttpResult> ImageAsync(
        Guid id, int index, PreviewService previews, HttpResponse response, CancellationToken cancellationToken)
    {
        var image = await previews.OpenImageAsync(id, index, cancellationToken);
        response.Headers.CacheControl = "private, max-age=86400, immutable";
        return TypedResults.Stream(image, "image/png", entityTag: new EntityTagHeaderValue($"\"{id:N}-{index}\""));
    }
}
