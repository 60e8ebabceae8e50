using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using StableRep.Api.Hosting;
using StableRep.Api.Http;
using StableRep.Api.Live;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Data.Webhooks;

namespace StableRep.Api.Webhooks;

/// <summary>Everything that people do with webhooks. A webhook belongs to whoever made it; nobody else but an admin knows of it.</summary>
public sealed class WebhookService(IDbContextFactory<StudioDbContext> stores, WebhookSecrets secrets, IOptions<StudioOptions> options, TimeProvider clock)
{
    private const int MostPerOwner = 50;

    private static readonly HashSet<string> Known =
        [Webhook.AllEvents, .. Enum.GetValues<ExperimentState>().Where(state => state != ExperimentState.Draft).Select(state => "experiment." + StoreNames.Of(state))];

    /// <summary>Makes a webhook. Only this answer has its secret.</summary>
    /// <exception cref="InputException">The address or an event cannot be.</exception>
    /// <exception cref="ConflictException">There are too many.</exception>
    public async Task<WebhookView> CreateAsync(NewWebhook wanted, Guid ownerId, CancellationToken cancellationToken = default)
    {
        Check(wanted.Url, wanted.Events);
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        if (await store.Webhooks.CountAsync(row => row.OwnerId == ownerId, cancellationToken) >= MostPerOwner)
        {
            throw new ConflictException($"You have {MostPerOwner} webhooks, which is the most: delete one first.");
        }

        var secret = WebhookSecrets.Create();
        var webhook = new Webhook
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()),
            OwnerId = ownerId,
            Url = wanted.Url,
            Secret = secrets.Protect(secret),
            Events = [.. wanted.Events.Distinct()],
            CreatedAt = clock.GetUtcNow(),
        };
        store.Webhooks.Add(webhook);
        await store.SaveChangesAsync(cancellationToken);
        return View(webhook) with { Secret = secret };
    }

    /// <summary>Somebody's webhooks, or everybody's.</summary>
    /// <param name="ownerId">Whose, or null for all.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public async Task<IReadOnlyList<WebhookView>> ListAsync(Guid? ownerId, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return [.. (await Of(store, ownerId).OrderBy(row => row.Id).ToListAsync(cancellationToken)).Select(View)];
    }

    /// <summary>One webhook.</summary>
    /// <param name="id">The webhook.</param>
    /// <param name="ownerId">Whose it must be, or null for anybody's.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    /// <exception cref="MissingException">The owner has no such webhook.</exception>
    public async Task<WebhookView> GetAsync(Guid id, Guid? ownerId, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return View(await FindAsync(store, id, ownerId, cancellationToken));
    }

    /// <summary>Changes a webhook.</summary>
    /// <inheritdoc cref="GetAsync"/>
    /// <param name="id">The webhook.</param>
    /// <param name="change">What to change.</param>
    /// <param name="ownerId">Whose it must be, or null for anybody's.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="InputException">The address or an event cannot be.</exception>
    public async Task<WebhookView> ChangeAsync(Guid id, WebhookChange change, Guid? ownerId, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var webhook = await FindAsync(store, id, ownerId, cancellationToken);
        webhook.Url = change.Url ?? webhook.Url;
        webhook.Events = change.Events is { } events ? [.. events.Distinct()] : webhook.Events;
        webhook.Active = change.Active ?? webhook.Active;
        Check(webhook.Url, webhook.Events);
        await store.SaveChangesAsync(cancellationToken);
        return View(webhook);
    }

    /// <summary>Deletes a webhook with its log.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task DeleteAsync(Guid id, Guid? ownerId, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        store.Webhooks.Remove(await FindAsync(store, id, ownerId, cancellationToken));
        await store.SaveChangesAsync(cancellationToken);
    }

    /// <summary>Sends an event named <c>ping</c>, so that the receiver can be tried.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task<DeliveryView> PingAsync(Guid id, Guid? ownerId, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var webhook = await FindAsync(store, id, ownerId, cancellationToken);
        var delivery = new WebhookDelivery
        {
            WebhookId = webhook.Id,
            Event = "ping",
            Payload = """{"event":"ping"}""",
            NextAttemptAt = clock.GetUtcNow(),
            CreatedAt = clock.GetUtcNow(),
        };
        store.WebhookDeliveries.Add(delivery);
        await store.SaveChangesAsync(cancellationToken);
        return View(delivery);
    }

    /// <summary>A page of a webhook's deliveries, the newest first.</summary>
    /// <param name="id">The webhook.</param>
    /// <param name="ownerId">Whose it must be, or null for anybody's.</param>
    /// <param name="before">The last delivery seen, or null to begin.</param>
    /// <param name="count">The most deliveries.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    /// <exception cref="MissingException">The owner has no such webhook.</exception>
    public async Task<IReadOnlyList<DeliveryView>> DeliveriesAsync(
        Guid id, Guid? ownerId, long? before, int count, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        await FindAsync(store, id, ownerId, cancellationToken);
        var page = await store.WebhookDeliveries.AsNoTracking().Where(row => row.WebhookId == id && (before == null || row.Id < before))
            .OrderByDescending(row => row.Id).Take(count).ToListAsync(cancellationToken);
        return [.. page.Select(View)];
    }

    private static IQueryable<Webhook> Of(StudioDbContext store, Guid? ownerId) =>
        store.Webhooks.Where(row => ownerId == null || row.OwnerId == ownerId);

    private static async Task<Webhook> FindAsync(StudioDbContext store, Guid id, Guid? ownerId, CancellationToken cancellationToken) =>
        await Of(store, ownerId).SingleOrDefaultAsync(row => row.Id == id, cancellationToken) ?? throw new MissingException("webhook", id);

    private static WebhookView View(Webhook webhook) => new(webhook.Id, webhook.Url, webhook.Events, webhook.Active, webhook.CreatedAt);

    private static DeliveryView View(WebhookDelivery delivery) => new(
        delivery.Id, delivery.Event, delivery.State, delivery.Attempts, delivery.CreatedAt, new RawJson(delivery.Payload),
        delivery.Status, delivery.Failure, delivery.FinishedAt, delivery.State == DeliveryState.Pending ? delivery.NextAttemptAt : null);

    private void Check(string url, IReadOnlyCollection<string> events)
    {
        var errors = new Dictionary<string, string>();
        if (url.Length > 2000 || !Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https")
            || address.UserInfo.Length > 0 || url.Contains('\0', StringComparison.Ordinal))
        {
            errors["url"] = "The address must be an http or https address of at most 2,000 characters, without a name and password in it.";
        }
        else if (!options.Value.AllowPrivateWebhooks && (address.IsLoopback || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && PrivateAddress.Is(ip))))
        {
            errors["url"] = "The address belongs to a private network: an admin may allow these with Studio:AllowPrivateWebhooks.";
        }

        if (events.Count == 0 || events.FirstOrDefault(name => !Known.Contains(name)) is not null)
        {
            errors["events"] = $"Name at least one of these events, and no other: {string.Join(", ", Known.Order(StringComparer.Ordinal))}.";
        }

        if (errors.Count > 0)
        {
            throw new InputException(errors);
        }
    }
}
