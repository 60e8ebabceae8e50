using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using StableRep.Data;

namespace StableRep.Api.Nodes;

/// <summary>The processes that share the database.</summary>
public sealed class NodeService(IDbContextFactory<StudioDbContext> stores, TimeProvider clock)
{
    /// <summary>How long a process may be silent before it counts as gone: four heartbeats.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(20);

    /// <summary>All processes, the living ones first, then by name. One that stopped in good order is not among them.</summary>
    public async Task<IReadOnlyList<NodeView>> ListAsync(CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var since = clock.GetUtcNow() - Silence;
        var nodes = await store.Nodes.AsNoTracking().ToListAsync(cancellationToken);
        return [.. nodes
            .Select(node => new NodeView(
                node.Id, node.Name, node.Roles, node.StartedAt, node.HeartbeatAt, node.HeartbeatAt < since,
                JsonSerializer.Deserialize<NodeFacts>(node.Devices, JsonSerializerOptions.Web)!))
            .OrderBy(node => node.Gone).ThenBy(node => node.Name, StringComparer.Ordinal)];
    }
}
