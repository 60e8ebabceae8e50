using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using StableRep.Api.Accounts;

namespace StableRep.Api.Experiments;

/// <summary>Downloads of encoders and checkpoints.</summary>
internal static class ExperimentFilesApi
{
    private const string Binary = "application/octet-stream";

    public static void MapExperimentFiles(this IEndpointRouteBuilder api)
    {
        var files = api.MapGroup("/experiments/{id:guid}").WithTags("Encoders and checkpoints");
        files.MapGet("/encoder", Encoder).RequireAuthorization(Policies.Viewer).WithName("ListEncoderFiles").WithSummary("The encoder's files, once it is trained");
        files.MapGet("/encoder/{name}", EncoderFile).RequireAuthorization(Policies.Viewer).WithName("GetEncoderFile")
            .WithSummary("A file of the encoder, or a range of it").Produces<byte[]>(200, Binary);
        files.MapGet("/checkpoints", Checkpoints).RequireAuthorization(Policies.Viewer).WithName("ListCheckpoints")
            .WithSummary("The training's checkpoints on this node; they go once the encoder is there");
        files.MapGet("/checkpoints/{step:long}/{name}", CheckpointFile).RequireAuthorization(Policies.Viewer).WithName("GetCheckpointFile")
            .WithSummary("A file of a checkpoint, or a range of it").Produces<byte[]>(200, Binary);
    }

    private static async Task<Ok<IReadOnlyList<FileView>>> Encoder(Guid id, ExperimentFiles files, CancellationToken stop) =>
        TypedResults.Ok(await files.EncoderAsync(id, stop));

    private static async Task<FileStreamHttpResult> EncoderFile(Guid id, string name, ExperimentFiles files, CancellationToken stop)
    {
        var (version, content) = await files.OpenEncoderAsync(id, name, stop);
        return TypedResults.File(content, Binary, name, enableRangeProcessing: true, entityTag: new EntityTagHeaderValue($"\"{version}.{name}\""));
    }

    private static async Task<Ok<IReadOnlyList<CheckpointView>>> Checkpoints(Guid id, ExperimentFiles files, CancellationToken stop) =>
        TypedResults.Ok(await files.CheckpointsAsync(id, stop));

    private static async Task<FileStreamHttpResult> CheckpointFile(Guid id, long step, string name, ExperimentFiles files, CancellationToken stop) =>
        TypedResults.File(await files.OpenCheckpointAsync(id, step, name, stop), Binary, name, enableRangeProcessing: true);
}
