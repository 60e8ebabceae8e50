using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Accounts;
using StableRep.Api.Http;
using StableRep.Api.Http.Lists;
using StableRep.Testing;

namespace StableRep.Api.Tests.Http.Lists;

/// <summary>Filters, orders and pages, on the audit log.</summary>
public sealed class ListTests(ListTests.Filled studio) : IClassFixture<ListTests.Filled>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("action, target desc", "action ~ \"test.\"", 25)]
    [InlineData("target", "action = \"test.odd\" OR action='test.even'", 25)]
    [InlineData(null, "action:test AND NOT action = 'test.odd'", 13)]
    [InlineData("at desc", "target ~ '_2' AND user_id = null", 6)]
    [InlineData("user_name", "target = \"thing 3_3%\" AND at > \"2020-01-01T00:00:00Z\" AND (user_name != studio OR user_name = 'studio')", 1)]
    public async Task Pages_hold_every_row_of_the_filter_once_and_in_order(string? order, string filter, int count)
    {
        var seen = new List<AuditView>();
        string? token = null;
        do
        {
            var page = await ReadAsync(filter, order, token, 4);
            Assert.True(page.Items.Count is > 0 and <= 4, $"{page.Items.Count} rows");
            seen.AddRange(page.Items);
            token = page.NextPageToken;
        }
        while (token is not null);

        var whole = await ReadAsync(filter, order, null, 200);
        Assert.Equal(count, seen.Count);
        Assert.Equal(whole.Items.Select(row => row.Id), seen.Select(row => row.Id));
    }

    [Theory]
    [InlineData("filter", "filter=nope%3D1")]
    [InlineData("filter", "filter=action")]
    [InlineData("filter", "filter=action%3D%22x")]
    [InlineData("filter", "filter=%28action%3Dx")]
    [InlineData("filter", "filter=at%3Eyesterday")]
    [InlineData("filter", "filter=user_id%3D7")]
    [InlineData("filter", "filter=action%3Dx%20%3B%20drop")]
    [InlineData("filter", "filter=action%3D%22%00%22")]
    [InlineData("order_by", "order_by=nope")]
    [InlineData("order_by", "order_by=at%20sideways")]
    [InlineData("page_size", "page_size=0")]
    [InlineData("page_size", "page_size=201")]
    [InlineData("page_size", "page_size=NaN")]
    [InlineData("page_token", "page_token=x")]
    public async Task A_wrong_query_is_refused_with_its_field(string field, string query)
    {
        using var response = await studio.Admin.GetAsync(new Uri("/api/v1/audit?" + query, UriKind.Relative), Stop);
        var body = await response.Content.ReadAsStringAsync(Stop);
        Assert.True(response.StatusCode == HttpStatusCode.BadRequest, body);
        Assert.Contains($"\"errors\":{{\"{field}\":", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_filter_of_a_thousand_brackets_is_refused_at_once()
    {
        using var response = await studio.Admin.GetAsync(new Uri("/api/v1/audit?filter=" + new string('(', 1500), UriKind.Relative), Stop);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task A_token_goes_on_with_its_own_filter_only()
    {
        var page = await ReadAsync("action ~ test", null, null, 2);
        using var response = await studio.Admin.GetAsync(new Uri($"/api/v1/audit?filter=action%3Dx&page_token={page.NextPageToken}", UriKind.Relative), Stop);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    private async Task<Page<AuditView>> ReadAsync(string filter, string? order, string? token, int size) =>
        (await studio.Admin.GetFromJsonAsync<Page<AuditView>>(
            $"/api/v1/audit?page_size={size}&filter={Uri.EscapeDataString(filter)}&order_by={Uri.EscapeDataString(order ?? "")}&page_token={token}", StudioJson.Options, Stop))!;

    /// <summary>A node whose audit log has 25 deeds to look for.</summary>
    public sealed class Filled(TestCluster cluster) : SharedStudio(cluster)
    {
        /// <inheritdoc/>
        public override async ValueTask InitializeAsync()
        {
            await base.InitializeAsync();
            var audit = Studio.Services.GetRequiredService<AuditLog>();
            for (var index = 0; index < 25; index++)
            {
                await audit.WriteAsync(null, index % 2 == 0 ? "test.even" : "test.odd", $"thing {index % 7}_{index}%", cancellationToken: Stop);
            }
        }
    }
}
