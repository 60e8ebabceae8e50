using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Experiments;
using StableRep.Api.Http.Examples;
using StableRep.Api.Sweeps;
using StableRep.Data.Accounts;
using StableRep.Testing;

namespace StableRep.Api.Tests.Http;

public sealed partial class ApiExamplesTests(TestCluster cluster) : IAsyncLifetime
{
    private StudioApplication _studio = null!;
    private HttpClient _client = null!;
    private JsonElement _document;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _studio = await StudioApplication.StartAsync(cluster);
        _client = await _studio.CreateClientAsync(StudioRole.Admin);
        _document = await _client.GetFromJsonAsync<JsonElement>("/openapi/v1.json", Stop);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _studio.DisposeAsync();
    }

    [Fact]
    public void Every_operation_that_takes_a_body_shows_one()
    {
        var bodies = Operations().Where(operation => operation.Value.TryGetProperty("requestBody", out _))
            .SelectMany(operation => operation.Value.GetProperty("requestBody").GetProperty("content").EnumerateObject()
                .Select(content => (Name: $"{operation.Key} {content.Name}", HasExample: content.Value.TryGetProperty("example", out _)))).ToList();
        Assert.InRange(bodies.Count, 24, int.MaxValue);
        Assert.Empty(bodies.Where(body => !body.HasExample).Select(body => body.Name));
    }

    [Fact]
    public void The_main_answers_are_shown()
    {
        string[] main =
        [
            "CreateExperiment", "GetExperiment", "ListExperiments", "PlanNewExperiment", "ListEvents", "AddProbe", "CreateCaptionSet", "PreviewCaptionSet", "ListCaptionSets",
            "ListCaptions", "ListGenerators", "StartPull", "ListImageSets", "ListImages", "GetBuckets", "LaunchSweep", "PlanSweep", "ListSweeps", "CreateToken", "ListTokens",
            "CreateWebhook", "ListWebhookDeliveries", "CreateProbeDataset", "InviteUser",
        ];
        var shown = Operations().Values.Where(operation => Answers(operation).Any(answer => answer.Example is not null))
            .Select(operation => operation.TryGetProperty("operationId", out var id) ? id.GetString()! : "").ToHashSet();
        Assert.Empty(main.Except(shown));
        var page = Answers(Operations().Values.Single(operation => operation.TryGetProperty("operationId", out var id) && id.GetString() == "ListExperiments")).Single().Example!.Value;
        Assert.NotEqual(0, page.GetProperty("items").GetArrayLength());
        Assert.NotEqual("", page.GetProperty("nextPageToken").GetString());
    }

    [Fact]
    public void Each_example_is_of_the_type_that_its_operation_takes_or_gives()
    {
        var operations = Operations();
        var wrong = new List<string>();
        var count = 0;
        foreach (var description in _studio.Services.GetRequiredService<IApiDescriptionGroupCollectionProvider>().ApiDescriptionGroups.Items
            .SelectMany(group => group.Items).Where(item => item.RelativePath!.StartsWith("api/v1", StringComparison.Ordinal)))
        {
            var key = $"{description.HttpMethod!.ToLowerInvariant()} /{Constraint().Replace(description.RelativePath!, "{$1}").TrimEnd('/')}";
            Assert.True(operations.TryGetValue(key, out var operation), key);
            if (description.ParameterDescriptions.FirstOrDefault(parameter => parameter.Source == BindingSource.Body)?.Type is { } body)
            {
                foreach (var content in operation.GetProperty("requestBody").GetProperty("content").EnumerateObject())
                {
                    Check(key, body, content.Value.GetProperty("example"));
                }
            }

            foreach (var (status, example) in Answers(operation))
            {
                if (example is not null && description.SupportedResponseTypes.Single(answer => $"{answer.StatusCode}" == status).Type is { } type)
                {
                    Check($"{key} {status}", type, example.Value);
                }
            }
        }

        Assert.Empty(wrong);
        Assert.InRange(count, 60, int.MaxValue);

        void Check(string name, Type type, JsonElement example)
        {
            count++;
            if (example.GetRawText().Contains("{}", StringComparison.Ordinal))
            {
                wrong.Add($"{name}: a thing in it shows nothing of itself");
            }

            try
            {
                var read = JsonSerializer.Deserialize(example, type, ApiExamples.Options);
                if (!JsonNode.DeepEquals(JsonSerializer.SerializeToNode(read, type, ApiExamples.Options), JsonSerializer.SerializeToNode(example)))
                {
                    wrong.Add($"{name}: {type.Name} reads its example as something else");
                }
            }
            catch (JsonException exception)
            {
                wrong.Add($"{name}: {exception.Message}");
            }
        }
    }

    [Fact]
    public async Task What_is_shown_is_taken()
    {
        var token = Example("CreateToken");
        using var created = await _client.PostAsJsonAsync("/api/v1/tokens", token, Stop);
        Assert.True(created.StatusCode == HttpStatusCode.Created, await created.Content.ReadAsStringAsync(Stop));
        var wanted = Example("CreateExperiment").Deserialize<NewExperiment>(ApiExamples.Options)!;
        wanted.Recipe.Validate();
        using var plan = await _client.PostAsJsonAsync("/api/v1/experiments:plan", Example("CreateExperiment"), Stop);
        var problem = await plan.Content.ReadFromJsonAsync<JsonElement>(Stop);
        Assert.Equal(["captionSetId", "generatorId"], problem.GetProperty("errors").EnumerateObject().Select(error => error.Name).Order());
        var sweep = Example("LaunchSweep").Deserialize<NewSweep>(ApiExamples.Options)!;
        sweep.Recipe.Validate();
        Assert.Equal([2, 6, 10], AxisSyntax.Numbers(sweep.Axes.GuidanceScale!));
        Assert.Equal([0, 1], AxisSyntax.Numbers(sweep.Axes.TrainingSeed!));
    }

    private JsonElement Example(string operationId) => Operations().Values.Single(operation => operation.TryGetProperty("operationId", out var id) && id.GetString() == operationId)
        .GetProperty("requestBody").GetProperty("content").EnumerateObject().First().Value.GetProperty("example");

    /// <summary>Each operation by its method and address.</summary>
    private Dictionary<string, JsonElement> Operations() => _document.GetProperty("paths").EnumerateObject()
        .SelectMany(path => path.Value.EnumerateObject().Select(operation => KeyValuePair.Create($"{operation.Name} {path.Name.TrimEnd('/')}", operation.Value)))
        .ToDictionary();

    private static IEnumerable<(string Status, JsonElement? Example)> Answers(JsonElement operation) =>
        from response in operation.GetProperty("responses").EnumerateObject()
        where response.Name != "default" && response.Value.TryGetProperty("content", out _)
        from content in response.Value.GetProperty("content").EnumerateObject()
        select (response.Name, content.Value.TryGetProperty("example", out var example) ? (JsonElement?)example : null);

    [GeneratedRegex(@"\{(\w+)(?::[^{}]*)?\}")]
    private static partial Regex Constraint();
}
