using System.ComponentModel;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using StableRep.Api.Accounts;
using StableRep.Data.Generators;

namespace StableRep.Api.Generators;

/// <summary>Generators, and pulls of generators from the hub.</summary>
internal static class GeneratorsApi
{
    public static void MapGenerators(this IEndpointRouteBuilder api)
    {
        var generators = api.MapGroup("/generators").WithTags("Generators");
        generators.MapGet("/", List).RequireAuthorization(Policies.Viewer).WithName("ListGenerators").WithSummary("The generators, by name");
        generators.MapGet("/{id:guid}", Get).RequireAuthorization(Policies.Viewer).WithName("GetGenerator").WithSummary("A generator with its configuration");
        generators.MapDelete("/{id:guid}", Delete).RequireAuthorization(Policies.Admin).Audited("generator.delete", "generator")
            .WithName("DeleteGenerator").WithSummary("Delete a generator that no image set uses, with its files");
        generators.MapGet("/pulls", ListPulls).RequireAuthorization(Policies.Viewer).WithName("ListPulls").WithSummary("Pulls, the newest first");
        generators.MapPost("/pulls", StartPull).RequireAuthorization(Policies.Researcher).Audited("generator.pull", "pull")
            .WithName("StartPull").WithSummary("Begin to fetch a generator from the hub; Location says where to follow it");
        generators.MapGet("/pulls/{id:guid}", GetPull).RequireAuthorization(Policies.Viewer).WithName("GetPull").WithSummary("How far a pull has come");
        generators.MapDelete("/pulls/{id:guid}", StopPull).RequireAuthorization(Policies.Researcher).Audited("generator.pull.stop", "pull")
            .WithName("StopPull").WithSummary("Stop a pull; the same pull goes on where it was");
    }

    private static async Task<Ok<IReadOnlyList<GeneratorView>>> List(GeneratorService generators, CancellationToken stop) =>
        TypedResults.Ok<IReadOnlyList<GeneratorView>>([.. (await generators.ListAsync(stop)).Select(GeneratorView.Of)]);

    private static async Task<Ok<GeneratorView>> Get(Guid id, GeneratorService generators, CancellationToken stop) =>
        TypedResults.Ok(GeneratorView.Of(await generators.GetAsync(id, stop)));

    private static async Task<NoContent> Delete(Guid id, GeneratorService generators, CancellationToken stop)
    {
        await generators.DeleteAsync(id, stop);
        return TypedResults.NoContent();
    }

    private static Ok<IReadOnlyList<GeneratorPullProgress>> ListPulls(GeneratorPullService pulls) => TypedResults.Ok(pulls.List());

    private static async Task<Accepted<GeneratorPullProgress>> StartPull(NewPull wanted, GeneratorPullService pulls, CancellationToken stop)
    {
        var pull = await pulls.StartAsync(wanted.Repository, wanted.Revision, wanted.Name, wanted.Variant, stop);
        return TypedResults.Accepted($"/api/v1/generators/pulls/{pull.Id}", pull);
    }

    private static Ok<GeneratorPullProgress> GetPull(Guid id, GeneratorPullService pulls) => TypedResults.Ok(pulls.Get(id));

    private static async Task<NoContent> StopPull(Guid id, GeneratorPullService pulls)
    {
        await pulls.StopAsync(id);
        return TypedResults.NoContent();
    }
}

/// <summary>A generator to fetch.</summary>
public sealed record NewPull
{
    /// <summary><c>OWNER/NAME</c> on the configured hub.</summary>
    [Description("OWNER/NAME on the configured hub, or the address of its page there.")]
    public required string Repository { get; init; }

    /// <summary>A branch, tag or commit; main without it.</summary>
    public string? Revision { get; init; }

    /// <summary>What to call it; the repository's name without it.</summary>
    public string? Name { get; init; }

    /// <summary>The weights' variant, such as <c>fp16</c>.</summary>
    public string? Variant { get; init; }
}

/// <summary>A generator as the API shows it.</summary>
/// <param name="Id">The generator's id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Hash">The content hash of its files.</param>
/// <param name="Source">Where it came from: a hub's repository, <c>local</c> or <c>bundled</c>.</param>
/// <param name="ImageSize">Width and height of its images in pixels.</param>
/// <param name="Config">Its components' configurations.</param>
/// <param name="InstalledAt">When it was installed.</param>
public sealed record GeneratorView(Guid Id, string Name, string Hash, string Source, int ImageSize, JsonElement Config, DateTimeOffset InstalledAt)
{
    internal static GeneratorView Of(Generator generator)
    {
        using var config = JsonDocument.Parse(generator.Config);
        return new(generator.Id, generator.Name, generator.Hash, generator.Source, generator.ImageSize, config.RootElement.Clone(), generator.InstalledAt);
    }
}
