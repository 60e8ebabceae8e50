using Microsoft.Extensions.Diagnostics.HealthChecks;
using StableRep.Data.Artifacts;

namespace StableRep.Api.Hosting.Health;

/// <summary>Whether the artifact store takes a file.</summary>
internal sealed class ArtifactHealth(IArtifactStore artifacts) : IHealthCheck
{
    private readonly string _key = $"health/{Environment.MachineName}-{Environment.ProcessId}";

    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, "ready", cancellationToken);
            await artifacts.PutAsync(_key, path, cancellationToken);
            await artifacts.DeleteAsync(_key, cancellationToken);
            return HealthCheckResult.Healthy();
        }
        finally
        {
            File.Delete(path);
        }
    }
}
