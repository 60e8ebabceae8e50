using Microsoft.EntityFrameworkCore;
using StableRep.Data;

namespace StableRep.Api.Webhooks;

/// <summary>Protects, when a node starts, the secrets that an older version of the studio stored readable. Any number of nodes may do so at once.</summary>
internal sealed class PlainWebhookSecrets(IDbContextFactory<StudioDbContext> stores, WebhookSecrets secrets) : IHostedService
{
    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var readable = await store.Webhooks.Where(row => !row.Secret.StartsWith(WebhookSecrets.Mark))
            .Select(row => new { row.Id, row.Secret }).ToListAsync(cancellationToken);
        foreach (var row in readable.Where(row => WebhookSecrets.IsPlain(row.Secret)))
        {
            var kept = secrets.Protect(row.Secret);
            await store.Webhooks.Where(webhook => webhook.Id == row.Id && webhook.Secret == row.Secret)
                .ExecuteUpdateAsync(set => set.SetProperty(webhook => webhook.Secret, kept), cancellationToken);
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
