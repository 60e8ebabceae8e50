using Microsoft.AspNetCore.Http.HttpResults;
using StableRep.Api.Accounts;

namespace StableRep.Api.CaptionSets;

/// <summary>A caption set as a file to keep.</summary>
internal static class CaptionSetFileApi
{
    /// <summary>Maps the endpoint.</summary>
    public static void MapCaptionSetFiles(this IEndpointRouteBuilder api) =>
        api.MapGet("/caption-sets/{id:guid}/captions.txt", DownloadAsync).RequireAuthorization(Policies.Viewer)
            .WithTags("CaptionSets").WithName("DownloadCaptions").WithSummary("The captions as text, one a line, in their order");

    private static async Task<PushStreamHttpResult> DownloadAsync(Guid id, CaptionSetCatalogue catalogue, CaptionSetService captions, CancellationToken stop)
    {
        var set = await catalogue.GetAsync(id, stop);
        return TypedResults.Stream(
            async body =>
            {
                await using var writer = new StreamWriter(body, leaveOpen: true) { NewLine = "\n" };
                await foreach (var text in captions.ReadAsync(id, cancellationToken: stop))
                {
                    await writer.WriteLineAsync(text.AsMemory(), stop);
                }
            },
            "text/plain; charset=utf-8",
            fileDownloadName: set.Name + ".txt");
    }
}
