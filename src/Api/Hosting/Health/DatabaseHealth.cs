using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StableRep.Data;

namespace StableRep.Api.Hosting.Health;

/// <summary>Whether the database answers and has the schema that this program was built for.</summary>
internal sealed class DatabaseHealth(IDbContextFactory<StudioDbContext> stores) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var pending = (await store.Database.GetPendingMigrationsAsync(cancellationToken)).ToList();
        return pending.Count == 0
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy($"The database lacks the migrations {string.Join(", ", pending)}: start a node of this version once.");
    }
}
