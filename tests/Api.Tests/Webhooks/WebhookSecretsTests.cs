using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StableRep.Api.Http;
using StableRep.Api.Webhooks;
using StableRep.Data.Accounts;
using StableRep.Data.Webhooks;
using StableRep.Testing;

namespace StableRep.Api.Tests.Webhooks;

/// <summary>The keys of signatures: shown once, protected in the database, readable by every node of the cluster.</summary>
public sealed class WebhookSecretsTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_secret_is_not_in_the_database_and_another_node_signs_with_it()
    {
        await using var receiver = await WebhookReceiver.StartAsync(failures: 0);
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        WebhookView webhook;
        await using (var first = await StartAsync(studio))
        {
            using var client = first.Client();
            using var made = await CreateAsync(client, receiver.Address, "the-key");
            webhook = (await made.Content.ReadFromJsonAsync<WebhookView>(StudioJson.Options, Stop))!;
            foreach (var path in (string[])["/api/v1/webhooks", $"/api/v1/webhooks/{webhook.Id}"])
            {
                Assert.DoesNotContain(webhook.Secret![4..], await client.GetStringAsync(new Uri(path, UriKind.Relative), Stop), StringComparison.Ordinal);
            }

            // Nor does a repeated request give it again.
            using var again = await CreateAsync(client, receiver.Address, "the-key");
            Assert.Equal("/problems/secret-shown", (await again.Content.ReadFromJsonAsync<ProblemBody>(StudioJson.Options, Stop))!.Type);
        }

        Assert.DoesNotContain(webhook.Secret![4..], await DumpAsync(studio), StringComparison.Ordinal);
        await using var second = await StartAsync(studio);
        using var other = second.Client();
        await PingAsync(other, webhook.Id, second);
        AssertSigned(webhook.Secret, await receiver.NextAsync(Stop));
    }

    [Fact]
    public async Task Two_nodes_at_work_at_once_sign_with_the_same_key()
    {
        await using var receiver = await WebhookReceiver.StartAsync(failures: 0);
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        await using var one = await StartAsync(studio);
        await using var two = await StartAsync(studio);
        using var first = one.Client();
        using var second = two.Client();
        foreach (var (maker, asker, sender) in ((HttpClient, HttpClient, LiveNode)[])[(first, second, two), (second, first, one)])
        {
            using var made = await CreateAsync(maker, receiver.Address, null);
            var webhook = (await made.Content.ReadFromJsonAsync<WebhookView>(StudioJson.Options, Stop))!;
            await PingAsync(asker, webhook.Id, sender);
            AssertSigned(webhook.Secret!, await receiver.NextAsync(Stop));
        }
    }

    [Fact]
    public async Task A_secret_that_an_older_version_stored_readable_is_protected_at_the_next_start_and_goes_on_signing()
    {
        await using var receiver = await WebhookReceiver.StartAsync(failures: 0);
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var secret = WebhookSecrets.Create();
        var id = await InsertAsync(studio, receiver.Address, secret);
        await using var node = await StartAsync(studio);
        Assert.DoesNotContain(secret[4..], await DumpAsync(studio), StringComparison.Ordinal);
        using var client = node.Client();
        await PingAsync(client, id, node);
        AssertSigned(secret, await receiver.NextAsync(Stop));
    }

    [Fact]
    public async Task A_secret_whose_protection_is_lost_fails_its_own_deliveries_only_and_the_log_says_why()
    {
        await using var receiver = await WebhookReceiver.StartAsync(failures: 0);
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var lost = await InsertAsync(studio, receiver.Address, "dp:CfDJ8AAAAAAAAAAAAAAAAAAAAAA");
        await using var node = await StartAsync(studio);
        using var client = node.Client();
        await PingAsync(client, lost, node);
        using var made = await CreateAsync(client, receiver.Address, null);
        await PingAsync(client, (await made.Content.ReadFromJsonAsync<WebhookView>(StudioJson.Options, Stop))!.Id, node);
        Assert.Equal("ping", (await receiver.NextAsync(Stop)).Event);
        DeliveryView delivery;
        do
        {
            delivery = Assert.Single((await client.GetFromJsonAsync<List<DeliveryView>>($"/api/v1/webhooks/{lost}/deliveries", StudioJson.Options, Stop))!);
        }
        while (delivery.Failure is null);
        Assert.Equal(DeliveryState.Pending, delivery.State);
        Assert.Contains("make another", delivery.Failure, StringComparison.Ordinal);
        Assert.Equal(0, receiver.Count);
    }

    private static Task<LiveNode> StartAsync(StudioUnderTest studio) => LiveNode.StartAsync(studio, ("Studio:AllowPrivateWebhooks", "true"));

    private static async Task<HttpResponseMessage> CreateAsync(HttpClient client, string address, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/webhooks")
        {
            Content = JsonContent.Create(new NewWebhook { Url = address, Events = ["*"] }, options: StudioJson.Options),
        };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return await client.SendAsync(request, Stop);
    }

    /// <summary>Asks for a delivery, and has a node send what is due without waiting for its turn.</summary>
    private static async Task PingAsync(HttpClient client, Guid id, LiveNode sender)
    {
        using var response = await client.PostAsync(new Uri($"/api/v1/webhooks/{id}/ping", UriKind.Relative), null, Stop);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        await sender.Services.GetServices<IHostedService>().OfType<WebhookSender>().Single().StepAsync(Stop);
    }

    private static void AssertSigned(string secret, Received received)
    {
        var seconds = long.Parse(received.Signature.Split(',')[0][2..], CultureInfo.InvariantCulture);
        Assert.Equal(WebhookSignature.Create(secret, DateTimeOffset.FromUnixTimeSeconds(seconds), received.Body), received.Signature);
    }

    private static async Task<Guid> InsertAsync(StudioUnderTest studio, string address, string secret)
    {
        var id = Guid.NewGuid();
        await using var command = studio.Database.Source.CreateCommand(
            "INSERT INTO app.webhooks (id, owner_id, url, secret, events, active, created_at) VALUES ($1, $2, $3, $4, '{*}', true, now())");
        foreach (var value in (object[])[id, StudioUser.LocalId, address, secret])
        {
            command.Parameters.Add(new() { Value = value });
        }

        Assert.Equal(1, await command.ExecuteNonQueryAsync(Stop));
        return id;
    }

    /// <summary>Everything that the tables have in which a secret might lie.</summary>
    private static async Task<string> DumpAsync(StudioUnderTest studio)
    {
        await using var command = studio.Database.Source.CreateCommand(
            """
            SELECT coalesce((SELECT string_agg(row_to_json(w)::text, '') FROM app.webhooks w), '')
                || coalesce((SELECT string_agg(row_to_json(d)::text, '') FROM app.webhook_deliveries d), '')
                || coalesce((SELECT string_agg(row_to_json(a)::text, '') FROM app.audit_entries a), '')
                || coalesce((SELECT string_agg(encode(r.body, 'escape'), '') FROM app.stored_replies r), '')
            """);
        var text = (string)(await command.ExecuteScalarAsync(Stop))!;
        Assert.Contains("\"secret\":", text, StringComparison.Ordinal);
        return text;
    }
}
