using StableRep.Api.Accounts;
using StableRep.Api.CaptionSets;
using StableRep.Api.Experiments;
using StableRep.Api.Generators;
using StableRep.Api.Http;
using StableRep.Api.ImageSets;
using StableRep.Api.Jobs;
using StableRep.Api.Live;
using StableRep.Api.Playground;
using StableRep.Api.Probes;
using StableRep.Api.Review;
using StableRep.Api.Storage;
using StableRep.Api.Sweeps;
using StableRep.Api.Webhooks;

namespace StableRep.Api.Hosting;

/// <summary>The table of contents of the API.</summary>
internal static class StudioApi
{
    /// <summary>Maps every feature. Each endpoint states its policy.</summary>
    public static void MapStudioApi(this WebApplication app)
    {
        app.MapApiDocument();
        app.MapJobDashboard();
        app.MapExperimentHub();

        // A script's request carries no antiforgery token: other sites are kept out by the origin's check and the cookie's SameSite.
        var api = app.MapGroup("/api/v1").DisableAntiforgery();
        api.MapMe();
        api.MapUsers();
        api.MapTokens();
        api.MapAudit();
        api.MapImageSets();
        api.MapImages();
        api.MapCaptionSets();
        api.MapExperiments();
        api.MapMetrics();
        api.MapExperimentFiles();
        api.MapProbeDatasets();
        api.MapJobs();
        api.MapGenerators();
        api.MapPreviews();
        api.MapCaptionSetFiles();
        api.MapReview();
        api.MapCompare();
        api.MapSweeps();
        api.MapStorage();
        api.MapExperimentEvents();
        api.MapWebhooks();
    }
}
