using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StableRep.Api.Accounts;
using StableRep.Api.Http;
using StableRep.Api.Storage;

namespace StableRep.Api.Probes;

/// <summary>Probe datasets.</summary>
internal static class ProbeDatasetsApi
{
    public static void MapProbeDatasets(this IEndpointRouteBuilder api)
    {
        var datasets = api.MapGroup("/probe-datasets").WithTags("Probe datasets");
        datasets.MapGet("/", List).RequireAuthorization(Policies.Viewer).WithName("ListProbeDatasets").WithSummary("The probe datasets of this node");
        datasets.MapPost("/", Upload).RequireAuthorization(Policies.Researcher).Audited("probe_dataset.create", "probe dataset").Accepts<DatasetUploadForm>("multipart/form-data")
            .WithName("CreateProbeDataset").WithSummary("Upload a zip file with train and test folders, each with a folder of pictures per class");
        datasets.MapGet("/{name}", Get).RequireAuthorization(Policies.Viewer).WithName("GetProbeDataset").WithSummary("A probe dataset");
        datasets.MapDelete("/{name}", Delete).RequireAuthorization(Policies.Admin).Audited("probe_dataset.delete", "probe dataset")
            .WithName("DeleteProbeDataset").WithSummary("Delete a probe dataset for which no probe waits");
    }

    private static async Task<Ok<IReadOnlyList<ProbeDatasetView>>> List(ProbeDatasetService datasets, CancellationToken stop) =>
        TypedResults.Ok(await datasets.ListAsync(stop));

    private static async Task<Ok<ProbeDatasetView>> Get(string name, ProbeDatasetService datasets, CancellationToken stop) =>
        TypedResults.Ok(await datasets.GetAsync(name, stop));

    private static async Task<Created<ProbeDatasetView>> Upload(
        HttpRequest request, ProbeDatasetService datasets, DataDisk disk, CancellationToken stop)
    {
        using var upload = await MultipartUpload.ReadAsync(request, disk, ProbeDatasetService.MaxBytes, stop);
        await using var content = File.OpenRead(upload.Path);
        var dataset = await datasets.AddAsync(upload.Field("name") ?? Path.GetFileNameWithoutExtension(upload.FileName), content, stop);
        return TypedResults.Created($"/api/v1/probe-datasets/{Uri.EscapeDataString(dataset.Name)}", dataset);
    }

    private static async Task<NoContent> Delete(string name, ProbeDatasetService datasets, CancellationToken stop)
    {
        await datasets.DeleteAsync(name, stop);
        return TypedResults.NoContent();
    }
}

/// <summary>The form of a probe dataset.</summary>
public sealed record DatasetUploadForm
{
    /// <summary>The file.</summary>
    [Description("A zip file with train and test folders, each with a folder of pictures per class.")]
    public required IFormFile File { get; init; }

    /// <summary>What to call the dataset; the file's name without it.</summary>
    public string? Name { get; init; }
}
