using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using StableRep.Api.Accounts;
using StableRep.Api.Http;
using StableRep.Data.Accounts;

namespace StableRep.Api.Webhooks;

/// <summary>Webhooks over HTTP. Everybody sees their own, an admin all.</summary>
internal static class WebhooksApi
{
    /// <summary>Registers the service and the sender.</summary>
    public static void AddWebhooks(this IServiceCollection services)
    {
        services.AddSingleton<WebhookSecrets>();
        services.AddHostedService<PlainWebhookSecrets>();
        services.AddSingleton<WebhookService>();
        services.AddSingleton<WebhookClient>();
        services.AddHostedService<WebhookSender>();
    }

    public static void MapWebhooks(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/webhooks").WithTags("Webhooks").RequireAuthorization(Policies.Researcher);
        group.MapGet("", ListAsync).WithName("ListWebhooks").WithSummary("Your webhooks; an admin's answer has everybody's.");
        group.MapPost("", CreateAsync).WithMetadata(new SecretReply()).WithName("CreateWebhook").Audited("webhook.create", "webhook").WithSummary("Makes a webhook. Only this answer has the secret that signs its deliveries.");
        group.MapGet("/{id:guid}", GetAsync).WithName("GetWebhook").WithSummary("One webhook.");
        group.MapPatch("/{id:guid}", ChangeAsync).WithName("ChangeWebhook").Audited("webhook.change", "webhook").WithSummary("Changes a webhook's address, events or whether it is active.");
        group.MapDelete("/{id:guid}", DeleteAsync).WithName("DeleteWebhook").Audited("webhook.delete", "webhook").WithSummary("Deletes a webhook with its log.");
        group.MapPost("/{id:guid}/ping", PingAsync).WithName("PingWebhook").WithSummary("Sends an event named ping.");
        group.MapGet("/{id:guid}/deliveries", DeliveriesAsync).WithName("ListWebhookDeliveries").WithSummary("A webhook's deliveries, the newest first.");
    }

    private static async Task<Ok<IReadOnlyList<WebhookView>>> ListAsync(ClaimsPrincipal user, WebhookService webhooks, CancellationToken cancellationToken) =>
        TypedResults.Ok(await webhooks.ListAsync(Whose(user), cancellationToken));

    private static async Task<Created<WebhookView>> CreateAsync(
        NewWebhook wanted, ClaimsPrincipal user, WebhookService webhooks, CancellationToken cancellationToken)
    {
        var webhook = await webhooks.CreateAsync(wanted, user.UserId()!.Value, cancellationToken);
        return TypedResults.Created($"/api/v1/webhooks/{webhook.Id}", webhook);
    }

    private static async Task<Ok<WebhookView>> GetAsync(Guid id, ClaimsPrincipal user, WebhookService webhooks, CancellationToken cancellationToken) =>
        TypedResults.Ok(await webhooks.GetAsync(id, Whose(user), cancellationToken));

    private static async Task<Ok<WebhookView>> ChangeAsync(
        Guid id, WebhookChange change, ClaimsPrincipal user, WebhookService webhooks, CancellationToken cancellationToken) =>
        TypedResults.Ok(await webhooks.ChangeAsync(id, change, Whose(user), cancellationToken));

    private static async Task<NoContent> DeleteAsync(Guid id, ClaimsPrincipal user, WebhookService webhooks, CancellationToken cancellationToken)
    {
        await webhooks.DeleteAsync(id, Whose(user), cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Accepted<DeliveryView>> PingAsync(Guid id, ClaimsPrincipal user, WebhookService webhooks, CancellationToken cancellationToken) =>
        TypedResults.Accepted($"/api/v1/webhooks/{id}/deliveries", await webhooks.PingAsync(id, Whose(user), cancellationToken));

    private static async Task<Ok<IReadOnlyList<DeliveryView>>> DeliveriesAsync(
        Guid id, long? before, int? count, ClaimsPrincipal user, WebhookService webhooks, CancellationToken cancellationToken) => count is < 1 or > 200
        ? throw new InputException("count", "count must be from 1 to 200.")
        : TypedResults.Ok(await webhooks.DeliveriesAsync(id, Whose(user), before, count ?? 50, cancellationToken));

    private static Guid? Whose(ClaimsPrincipal user) => user.Is(StudioRole.Admin) ? null : user.UserId();
}
