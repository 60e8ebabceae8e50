using StableRep.Api.Accounts;
using StableRep.Api.CaptionSets;
using StableRep.Api.Experiments;
using StableRep.Api.Generators;
using StableRep.Api.Http.Lists;
using StableRep.Api.ImageSets;
using StableRep.Api.Jobs;
using StableRep.Api.Live;
using StableRep.Api.Nodes;
using StableRep.Api.Playground;
using StableRep.Api.Probes;
using StableRep.Api.Review;
using StableRep.Api.Storage;
using StableRep.Api.Sweeps;
using StableRep.Data.Experiments;

namespace StableRep.Api.Hosting;

/// <summary>Registers the features' services.</summary>
internal static class StudioServices
{
    /// <summary>What pages, the API and jobs call.</summary>
    public static void AddFeatures(this IServiceCollection services)
    {
        services.AddArtifacts();
        services.AddDataDisk();
        services.AddSingleton<ListReader>();
        services.AddSingleton<AuditLog>();
        services.AddSingleton<TokenService>();
        services.AddSingleton<CaptionSetService>();
        services.AddSingleton<CaptionSetCatalogue>();
        services.AddSingleton<CaptionSetList>();
        services.AddSingleton<ImportFolders>();
        services.AddSingleton<GeneratorService>();
        services.AddSingleton<GeneratorCatalogue>();
        services.AddSingleton<ImageSetService>();
        services.AddSingleton<ThumbnailCache>();
        services.AddSingleton<ImageSetCatalogue>();
        services.AddSingleton<ExperimentList>();
        services.AddSingleton<ExperimentEditor>();
        services.AddSingleton<ExperimentFiles>();
        services.AddSingleton<JobBoard>();
        services.AddSingleton<GeneratorPullService>();
        services.AddSingleton<ProbeCatalogue>();
        services.AddSingleton<ProbeDatasetService>();
        services.AddSingleton<PreviewService>();
        services.AddSingleton<ExperimentTransitions>();
        services.AddSingleton<ExperimentPlanner>();
        services.AddSingleton<ExperimentService>();
        services.AddSingleton<ExperimentProgressReader>();
        services.AddSingleton<ExperimentLineageReader>();
        services.AddSingleton<ExperimentLogLines>();
        services.AddSingleton<RunEnvironmentReader>();
        services.AddSingleton<StepCaptionReader>();
        services.AddSingleton<CaptionLossReader>();
        services.AddSingleton<PositiveSetReader>();
        services.AddSingleton<StudioOverviewReader>();
        services.AddOptions<DemoOptions>().BindConfiguration(DemoOptions.Section);
        services.AddSingleton<DemoExperiment>();
        services.AddSingleton<CompareService>();
        services.AddSingleton<SweepService>();
        services.AddSingleton<ReviewQueries>();
        services.AddSingleton<ReviewService>();
        services.AddSingleton<RegenerationService>();
        services.AddSingleton<ReviewExport>();
        services.AddSingleton<StorageService>();
        services.AddSingleton<WorkBoard>();
        services.AddSingleton<ProbeDatasetService>();
        services.AddSingleton<ExperimentFeed>();
        services.AddSingleton<CurrentWork>();
        services.AddSingleton<NodeService>();
    }

    /// <summary>What works on jobs.</summary>
    public static void AddJobs(this IServiceCollection services)
    {
        services.AddSingleton<EngineHost>();
        services.AddSingleton<ExperimentStages>();
        services.AddSingleton<DispatchSignal>();
        services.AddSingleton<WorkJournal>();
        services.AddSingleton<WorkEnvironments>();
        services.AddSingleton<WorkRunner>();
        services.AddSingleton<JobQueue>();
        services.AddSingleton<GenerateShardJob>();
        services.AddSingleton<TrainingImages>();
        services.AddSingleton<TrainJob>();
        services.AddSingleton<ProbeJob>();
        services.AddSingleton<PreviewJob>();
        services.AddHostedService<PreviewSweep>();
        services.AddSingleton<Dispatcher>();
        services.AddHostedService(provider => provider.GetRequiredService<Dispatcher>());
        services.AddSingleton<EventRetention>();
        services.AddHostedService(provider => provider.GetRequiredService<EventRetention>());
    }
}
