using Microsoft.Extensions.Options;
using StableRep.Data.Artifacts;

namespace StableRep.Api.Hosting;

/// <summary>Opens the artifact store that the configuration names.</summary>
internal static class ArtifactStores
{
    /// <summary>Registers the store, and refuses to start without it.</summary>
    public static void AddArtifacts(this IServiceCollection services)
    {
        services.AddOptions<ArtifactOptions>().BindConfiguration(ArtifactOptions.Section);
        services.AddSingleton(provider => Open(
            provider.GetRequiredService<IOptions<StudioOptions>>().Value,
            provider.GetRequiredService<IOptions<ArtifactOptions>>().Value,
            provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService<Check>();
    }

    /// <summary>Opens the store.</summary>
    public static IArtifactStore Open(StudioOptions studio, ArtifactOptions artifacts, TimeProvider clock) => studio.ArtifactStore == StudioOptions.S3
        ? new S3ArtifactStore(
            artifacts.S3,
            new ArtifactCache(artifacts.CacheFolder ?? studio.PathOf(Path.Combine("cache", "artifacts")), artifacts.CacheGigabytes * 1_000_000_000L, clock))
        : new FolderArtifactStore(studio.ArtifactFolder ?? studio.PathOf("artifacts"));

    private sealed class Check(IArtifactStore artifacts) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) =>
            artifacts is S3ArtifactStore store ? store.CheckAsync(cancellationToken) : Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
