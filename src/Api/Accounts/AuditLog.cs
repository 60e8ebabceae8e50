using System.Security.Claims;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using StableRep.Api.Http;
using StableRep.Api.Http.Lists;
using StableRep.Data;
using StableRep.Data.Accounts;

namespace StableRep.Api.Accounts;

/// <summary>Who did what to what. Never a secret.</summary>
public sealed class AuditLog(IDbContextFactory<StudioDbContext> stores, ListReader lists, TimeProvider clock)
{
    private static readonly ListFields<AuditEntry> Fields = new ListFields<AuditEntry>(entry => entry.Id)
        .Add("at", entry => entry.At)
        .Add("user_name", entry => entry.UserName)
        .Add("user_id", entry => entry.UserId)
        .Add("action", entry => entry.Action)
        .Add("target", entry => entry.Target);

    /// <summary>Writes an entry down.</summary>
    /// <param name="user">Who, or null for the studio itself.</param>
    /// <param name="action">What was done, such as <c>experiment.launch</c>.</param>
    /// <param name="target">To what, such as <c>experiment 0192…</c>.</param>
    /// <param name="details">Further facts, written as JSON; never a secret.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task WriteAsync(
        ClaimsPrincipal? user, string action, string target, object? details = null, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        Add(store, user, action, target, details);
        await store.SaveChangesAsync(cancellationToken);
    }

    /// <summary>Adds an entry to what a context is about to save, so that the deed and its entry are written together or not at all.</summary>
    public void Add(StudioDbContext store, ClaimsPrincipal? user, string action, string target, object? details = null) =>
        store.AuditEntries.Add(new AuditEntry
        {
            At = clock.GetUtcNow(),
            UserId = user?.UserId(),
            UserName = user?.Identity?.Name ?? "studio",
            Action = action,
            Target = target.Length <= 300 ? target : target[..300],
            Details = details is null ? null : JsonSerializer.Serialize(details, StudioJson.Options),
        });

    /// <summary>A page of entries, the latest first.</summary>
    public async Task<Page<AuditEntry>> ListAsync(ListQuery query, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return await lists.ReadAsync(store.AuditEntries.AsNoTracking(), Fields, query, cancellationToken);
    }
}
