using Microsoft.AspNetCore.Http.HttpResults;
using StableRep.Api.Accounts;
using StableRep.Api.Http;

namespace StableRep.Api.Experiments;

/// <summary>The API of comparisons.</summary>
internal static class CompareApi
{
    public static void MapCompare(this IEndpointRouteBuilder api)
    {
        var compare = api.MapGroup("/compare").WithTags("Experiments").RequireAuthorization(Policies.Viewer);
        compare.MapGet("", CompareAsync).WithName("CompareExperiments").WithSummary("Experiments side by side: what differs, and what it did to accuracy.");
        compare.MapGet("/images", ImagesAsync).WithName("CompareImages").WithSummary("Images of the same captions by several experiments, with matched seeds.");
    }

    private static async Task<Ok<Comparison>> CompareAsync(string ids, CompareService compare, CancellationToken cancellationToken) =>
        TypedResults.Ok(await compare.CompareAsync(Ids(ids), cancellationToken));

    private static async Task<Ok<IReadOnlyList<MatrixRow>>> ImagesAsync(
        string ids, CompareService compare, int first = 0, int count = 20, int image_index = 0, CancellationToken cancellationToken = default) =>
        TypedResults.Ok(await compare.MatrixAsync(Ids(ids), first, count, image_index, cancellationToken));

    private static IReadOnlyList<Guid> Ids(string text) =>
    [
        .. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(id => Guid.TryParse(id, out var parsed) ? parsed : throw new InputException("ids", $"'{(id.Length <= 60 ? id : id[..60])}' is no experiment's id.")),
    ];
}
