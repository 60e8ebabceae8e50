using System.Net;
using System.Net.Http.Json;
using StableRep.Api.Http;
using StableRep.Api.Webhooks;
using StableRep.Testing;

namespace StableRep.Api.Tests.Webhooks;

public sealed class WebhookTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_state_change_is_delivered_signed_and_once_more_after_a_refusal()
    {
        await using var receiver = await WebhookReceiver.StartAsync(failures: 1);
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        await using var node = await LiveNode.StartAsync(studio, ("Studio:AllowPrivateWebhooks", "true"));
        using var client = node.Client();
        var made = await PostAsync(client, receiver.Address, "experiment.queued");
        var webhook = (await made.Content.ReadFromJsonAsync<WebhookView>(StudioJson.Options, Stop))!;
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        Assert.StartsWith("whs_", webhook.Secret, StringComparison.Ordinal);
        Assert.Null((await client.GetFromJsonAsync<WebhookView>($"/api/v1/webhooks/{webhook.Id}", StudioJson.Options, Stop))!.Secret);

        var experiment = await studio.Experiments.CreateAsync(studio.Wanted("told"), cancellationToken: Stop);
        await studio.Experiments.LaunchAsync(experiment.Id, Stop);
        var refused = await receiver.NextAsync(Stop);
        await using (var hurry = studio.Database.Source.CreateCommand("UPDATE app.webhook_deliveries SET next_attempt_at = now() WHERE status = 500"))
        {
            while (await hurry.ExecuteNonQueryAsync(Stop) == 0)
            {
                await Task.Delay(20, Stop);
            }
        }

        var taken = await receiver.NextAsync(Stop);
        Assert.Equal((refused.Delivery, refused.Body, "experiment.queued"), (taken.Delivery, taken.Body, taken.Event));
        Assert.Contains($"\"experimentId\": \"{experiment.Id}\"", taken.Body, StringComparison.Ordinal);
        var seconds = long.Parse(taken.Signature.Split(',')[0][2..], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(WebhookSignature.Create(webhook.Secret!, DateTimeOffset.FromUnixTimeSeconds(seconds), taken.Body), taken.Signature);

        DeliveryView delivery;
        do
        {
            delivery = Assert.Single((await client.GetFromJsonAsync<List<DeliveryView>>($"/api/v1/webhooks/{webhook.Id}/deliveries", StudioJson.Options, Stop))!);
        }
        while (delivery.FinishedAt is null);
        Assert.Equal((Data.Webhooks.DeliveryState.Delivered, 2, 200), (delivery.State, delivery.Attempts, delivery.Status));
    }

    [Fact]
    public async Task A_private_address_is_refused_when_it_is_named_and_when_a_name_leads_there()
    {
        await using var receiver = await WebhookReceiver.StartAsync(failures: 0);
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        await using var node = await LiveNode.StartAsync(studio);
        using var client = node.Client();
        foreach (var address in (string[])
            ["http://127.0.0.1:1/", "http://[::1]/", "http://[::ffff:10.0.0.1]/", "http://localhost/", "http://169.254.169.254/latest", "ftp://example.org/", "http://me:secret@example.org/", "no address"])
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(client, address, "*")).StatusCode);
        }

        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(client, "https://example.org/", "experiment.lost")).StatusCode);

        // A name that the operating system resolves to this machine passes the first look and not the second.
        await using (var trick = studio.Database.Source.CreateCommand(
            $"INSERT INTO app.webhooks (id, owner_id, url, secret, events, active, created_at) SELECT '{Guid.NewGuid()}', id, 'http://{Dns.GetHostName()}:{receiver.Port}/', 's', '{{*}}', true, now() FROM app.users LIMIT 1"))
        {
            Assert.Equal(1, await trick.ExecuteNonQueryAsync(Stop));
        }

        var experiment = await studio.Experiments.CreateAsync(studio.Wanted("untold"), cancellationToken: Stop);
        await studio.Experiments.LaunchAsync(experiment.Id, Stop);
        string? failure = null;
        while (failure is null)
        {
            await using var read = studio.Database.Source.CreateCommand("SELECT failure FROM app.webhook_deliveries");
            failure = await read.ExecuteScalarAsync(Stop) as string;
        }

        Assert.Equal(0, receiver.Count);
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("10.1.2.3", true)]
    [InlineData("172.31.255.255", true)]
    [InlineData("172.32.0.1", false)]
    [InlineData("192.168.0.1", true)]
    [InlineData("100.64.0.1", true)]
    [InlineData("169.254.169.254", true)]
    [InlineData("0.0.0.0", true)]
    [InlineData("224.0.0.1", true)]
    [InlineData("255.255.255.255", true)]
    [InlineData("8.8.8.8", false)]
    [InlineData("::", true)]
    [InlineData("::1", true)]
    [InlineData("::ffff:192.168.1.1", true)]
    [InlineData("::ffff:8.8.8.8", false)]
    [InlineData("fd00::1", true)]
    [InlineData("fe80::1", true)]
    [InlineData("64:ff9b::a00:1", true)]
    [InlineData("2606:4700:4700::1111", false)]
    public void An_address_is_private(string address, bool expected) => Assert.Equal(expected, PrivateAddress.Is(IPAddress.Parse(address)));

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string url, string name) =>
        client.PostAsJsonAsync("/api/v1/webhooks", new NewWebhook { Url = url, Events = [name] }, StudioJson.Options, Stop);
}
