using System.ComponentModel;
using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using StableRep.Api.Accounts;
using StableRep.Api.Http;
using StableRep.Api.Http.Lists;
using StableRep.Api.Storage;

namespace StableRep.Api.CaptionSets;

/// <summary>Caption sets: looking before keeping, keeping, reading.</summary>
internal static class CaptionSetsApi
{
    /// <summary>The largest upload. Larger files lie on the server already, or are gzipped.</summary>
    public const long MostBytes = MultipartUpload.Largest;

    public static void MapCaptionSets(this IEndpointRouteBuilder api)
    {
        var sets = api.MapGroup("/caption-sets").WithTags("Caption sets");
        sets.MapGet("/", List).RequireAuthorization(Policies.Viewer).WithName("ListCaptionSets").WithSummary("Caption sets");
        sets.MapPost("/", Upload).RequireAuthorization(Policies.Researcher).Audited("caption_set.create", "caption set").Accepts<CaptionUploadForm>("multipart/form-data")
            .WithName("CreateCaptionSet").WithSummary("Keep an uploaded file's captions; captions that a set has already give that set");
        api.MapPost("/caption-sets:preview", Preview).WithTags("Caption sets").RequireAuthorization(Policies.Researcher).Accepts<CaptionUploadForm>("multipart/form-data")
            .WithName("PreviewCaptionSet").WithSummary("What keeping a file would give; nothing is kept");
        api.MapPost("/caption-sets:import", Import).WithTags("Caption sets").RequireAuthorization(Policies.Researcher).Audited("caption_set.create", "caption set")
            .WithName("ImportCaptionSet").WithSummary("Keep the captions of a file on the server, under Studio:ImportRoots");
        sets.MapGet("/{id:guid}", Get).RequireAuthorization(Policies.Viewer).WithName("GetCaptionSet").WithSummary("A caption set");
        sets.MapPatch("/{id:guid}", Rename).RequireAuthorization(Policies.Researcher).Audited("caption_set.rename", "caption set")
            .WithName("RenameCaptionSet").WithSummary("Call a caption set something else");
        sets.MapDelete("/{id:guid}", Delete).RequireAuthorization(Policies.Researcher).Audited("caption_set.delete", "caption set")
            .WithName("DeleteCaptionSet").WithSummary("Delete a caption set that nothing uses");
        sets.MapGet("/{id:guid}/captions", Captions).RequireAuthorization(Policies.Viewer).WithName("ListCaptions").WithSummary("A set's captions, all or those that hold a text");
        sets.MapGet("/{id:guid}/problems", Problems).RequireAuthorization(Policies.Viewer).WithName("ListCaptionProblems")
            .WithSummary("The upload's lines that are no captions as they stand; the first thousand");
        sets.MapGet("/{id:guid}/lengths", Lengths).RequireAuthorization(Policies.Viewer).WithName("GetCaptionLengths").WithSummary("How long a set's captions are");
    }

    private static async Task<Ok<Page<CaptionSetView>>> List([AsParameters] ListQuery query, CaptionSetList list, CancellationToken stop) =>
        TypedResults.Ok(await list.ReadAsync(query, stop));

    private static async Task<Ok<CaptionSetView>> Get(Guid id, CaptionSetList list, CancellationToken stop) => TypedResults.Ok(await list.GetAsync(id, stop));

    private static async Task<Ok<CaptionPreview>> Preview(HttpRequest request, CaptionSetService sets, DataDisk disk, CancellationToken stop)
    {
        using var upload = await MultipartUpload.ReadAsync(request, disk, MostBytes, stop);
        return TypedResults.Ok(await sets.PreviewAsync(CaptionFile.Open(upload.Path, upload.FileName), upload.Field("column"), stop));
    }

    private static async Task<Results<Created<CaptionSetView>, Ok<CaptionSetView>>> Upload(
        HttpRequest request, CaptionSetService sets, CaptionSetList list, ClaimsPrincipal user, DataDisk disk, CancellationToken stop)
    {
        using var upload = await MultipartUpload.ReadAsync(request, disk, MostBytes, stop);
        return await KeepAsync(upload.Path, upload.FileName, upload.Field("name"), upload.Field("column"), sets, list, user, stop);
    }

    private static Task<Results<Created<CaptionSetView>, Ok<CaptionSetView>>> Import(
        CaptionImport wanted, CaptionSetService sets, CaptionSetList list, ImportFolders folders, ClaimsPrincipal user, CancellationToken stop)
    {
        var path = folders.Find(wanted.Path);
        return KeepAsync(path, Path.GetFileName(path), wanted.Name, wanted.Column, sets, list, user, stop);
    }

    private static async Task<Ok<CaptionSetView>> Rename(Guid id, CaptionSetEdit edit, CaptionSetList list, ClaimsPrincipal user, CancellationToken stop)
    {
        user.RequireMayChange((await list.GetAsync(id, stop)).OwnerId, "caption set");
        await list.RenameAsync(id, edit.Name, stop);
        return TypedResults.Ok(await list.GetAsync(id, stop));
    }

    private static async Task<NoContent> Delete(Guid id, CaptionSetList list, CaptionSetCatalogue catalogue, ClaimsPrincipal user, CancellationToken stop)
    {
        user.RequireMayChange((await list.GetAsync(id, stop)).OwnerId, "caption set");
        await catalogue.DeleteAsync(id, stop);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<Page<CaptionView>>> Captions(
        Guid id, [AsParameters] ListQuery query, CaptionSetList list, CancellationToken stop) => TypedResults.Ok(await list.CaptionsAsync(id, query, stop));

    private static async Task<Ok<IReadOnlyList<ListedProblem>>> Problems(Guid id, CaptionSetCatalogue catalogue, CancellationToken stop)
    {
        await catalogue.GetAsync(id, stop);
        return TypedResults.Ok(await catalogue.ProblemsAsync(id, stop));
    }

    private static async Task<Ok<CaptionLengths>> Lengths(Guid id, CaptionSetCatalogue catalogue, CancellationToken stop)
    {
        await catalogue.GetAsync(id, stop);
        return TypedResults.Ok(await catalogue.LengthsAsync(id, stop));
    }

    private static async Task<Results<Created<CaptionSetView>, Ok<CaptionSetView>>> KeepAsync(
        string path, string fileName, string? name, string? column, CaptionSetService sets, CaptionSetList list, ClaimsPrincipal user, CancellationToken stop)
    {
        var title = CaptionSetList.CheckName(name ?? fileName);
        var (set, isNew) = await sets.KeepAsync(CaptionFile.Open(path, fileName), title, fileName, column, user.UserId(), stop);
        var view = await list.GetAsync(set.Id, stop);
        return isNew ? TypedResults.Created($"/api/v1/caption-sets/{set.Id}", view) : TypedResults.Ok(view);
    }
}

/// <summary>The form of an upload.</summary>
public sealed record CaptionUploadForm
{
    /// <summary>The file.</summary>
    [Description("A caption file: .txt, .csv, .tsv, .jsonl, .json or .parquet, each also with .gz.")]
    public required IFormFile File { get; init; }

    /// <summary>What to call the set; the file's name without it.</summary>
    public string? Name { get; init; }

    /// <summary>The column that holds the captions, by name or number from 0; found without it.</summary>
    public string? Column { get; init; }
}

/// <summary>A file on the server to take captions from.</summary>
public sealed record CaptionImport
{
    /// <summary>Its path, under one of <c>Studio:ImportRoots</c>.</summary>
    public required string Path { get; init; }

    /// <summary>What to call the set; the file's name without it.</summary>
    public string? Name { get; init; }

    /// <summary>The column that holds the captions, by name or number from 0; found without it.</summary>
    public string? Column { get; init; }
}

/// <summary>A change of a caption set.</summary>
public sealed record CaptionSetEdit
{
    /// <summary>Its name, 1 to 200 characters.</summary>
    public required string Name { get; init; }
}
