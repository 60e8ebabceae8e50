using System.Collections;
using System.Net;
using System.Net.Http.Json;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using StableRep.Api.Experiments;
using StableRep.Api.Http;
using StableRep.Engine.Training;
using StableRep.Testing;

namespace StableRep.Api.Tests.Experiments;

public sealed class RecipeRoundTripTests(TestCluster cluster) : IAsyncLifetime
{
    private const string Address = "/api/v1/experiments";

    private StudioUnderTest _studio = null!;
    private LiveNode _node = null!;
    private HttpClient _client = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _studio = await StudioUnderTest.CreateAsync(cluster);
        _node = await LiveNode.StartAsync(_studio);
        _client = _node.Client();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _node.DisposeAsync();
        await _studio.DisposeAsync();
    }

    [Fact]
    public async Task What_is_read_of_an_experiment_is_taken_again_whatever_names_it_holds()
    {
        var choices = Choices(typeof(NewExperiment), []).ToList();
        Assert.Superset(
            new HashSet<string> { "recipe.weightScheme", "recipe.backboneShape.pooling", "recipe.backboneShape.positions", "recipe.augmentation.interpolation", "probes.0.kind" },
            choices.Select(choice => string.Join('.', choice.Path)).ToHashSet());
        foreach (var (path, value) in choices)
        {
            var name = JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
            var wanted = Wanted();
            wanted["name"] = $"{string.Join('.', path)} = {name}";
            Set(wanted, path, name);
            var read = await CreateAsync(wanted);
            if (path[0] == "recipe")
            {
                Assert.Equal(name, Get(read, path));
            }
            else
            {
                Assert.Equal(name, read["probes"]![0]!["kind"]!.GetValue<string>());
            }

            wanted["recipe"] = read["recipe"]!.DeepClone();
            wanted["probes"] = new JsonArray([.. read["probes"]!.AsArray().Select(probe => new JsonObject { ["kind"] = probe!["kind"]!.DeepClone(), ["dataset"] = probe["dataset"]!.DeepClone() })]);
            var again = await CreateAsync(wanted);
            Assert.True(JsonNode.DeepEquals(read["recipe"], again["recipe"]), $"{wanted["name"]}: {read["recipe"]} became {again["recipe"]}");
        }
    }

    [Fact]
    public async Task Rows_of_before_are_read_in_the_spelling_of_today_and_compare_as_equal()
    {
        var wanted = Wanted();
        Set(wanted, ["recipe", "backboneShape", "pooling"], "class_token");
        Set(wanted, ["recipe", "backboneShape", "positions"], "sin_cos");
        Set(wanted, ["recipe", "weightScheme"], "mo_co_v3");
        var read = await CreateAsync(wanted);
        var id = read["id"]!.GetValue<Guid>();
        var recipe = TrainingRecipe.Parse(read["recipe"]!.ToJsonString());
        var earlier = recipe.ToJson().Replace("class_token", "classToken", StringComparison.Ordinal)
            .Replace("sin_cos", "sinCos", StringComparison.Ordinal).Replace("mo_co_v3", "moCoV3", StringComparison.Ordinal);
        Assert.NotEqual(recipe.ToJson(), earlier);
        var copy = (await CreateAsync(wanted))["id"]!.GetValue<Guid>();
        await using (var command = _studio.Database.Source.CreateCommand("UPDATE app.experiments SET recipe = $1::jsonb WHERE id = $2"))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = earlier });
            command.Parameters.Add(new NpgsqlParameter { Value = id });
            Assert.Equal(1, await command.ExecuteNonQueryAsync(Stop));
        }

        var stored = JsonNode.Parse(await _client.GetStringAsync($"{Address}/{id}", Stop))!;
        Assert.True(JsonNode.DeepEquals(read["recipe"], stored["recipe"]), stored["recipe"]!.ToJsonString());
        var comparison = await _studio.Services.GetRequiredService<CompareService>().CompareAsync([id, copy], Stop);
        Assert.DoesNotContain(comparison.Differences, difference => difference.Name.StartsWith("recipe", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"no_such\"")]
    [InlineData("1")]
    public async Task A_request_with_a_name_that_is_none_is_refused_by_its_field(string pooling)
    {
        var wanted = Wanted();
        wanted["recipe"]!["backboneShape"]!["pooling"] = JsonNode.Parse(pooling);
        using var response = await _client.PostAsJsonAsync(Address, wanted, Stop);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("recipe.backboneShape.pooling", (await response.Content.ReadFromJsonAsync<ProblemBody>(StudioJson.Options, Stop))!.Errors!.Keys);
    }

    /// <summary>Each value that a request's enumerations may have, with the path to it.</summary>
    private static IEnumerable<(string[] Path, Enum Value)> Choices(Type type, string[] path)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
        {
            var of = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            string[] here = [.. path, JsonNamingPolicy.CamelCase.ConvertName(property.Name)];
            if (of != typeof(string) && of.IsAssignableTo(typeof(IEnumerable)))
            {
                (of, here) = (of.GetGenericArguments()[0], [.. here, "0"]);
            }

            var found = of.IsEnum ? Enum.GetValues(of).Cast<Enum>().Select(value => (here, value))
                : of.Namespace!.StartsWith("StableRep", StringComparison.Ordinal) ? Choices(of, here)
                : [];
            foreach (var choice in found)
            {
                yield return choice;
            }
        }
    }

    private JsonNode Wanted()
    {
        // A method of images and text takes every probe.
        var wanted = _studio.Wanted("choices");
        return JsonSerializer.SerializeToNode(wanted with { Recipe = wanted.Recipe with { Method = "stablerep+" } }, StudioJson.Options)!;
    }

    private async Task<JsonNode> CreateAsync(JsonNode wanted)
    {
        using var response = await _client.PostAsJsonAsync(Address, wanted, Stop);
        var body = await response.Content.ReadAsStringAsync(Stop);
        Assert.True(response.StatusCode == HttpStatusCode.Created, $"{wanted["name"]}: {body}");
        return JsonNode.Parse(await _client.GetStringAsync(response.Headers.Location, Stop))!;
    }

    private static void Set(JsonNode root, string[] path, string value)
    {
        var node = path[..^1].Aggregate(root, (at, part) => at is JsonArray list ? list[int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)]! : at[part]!);
        node[path[^1]] = value;
    }

    private static string Get(JsonNode root, string[] path) => path.Aggregate(root, (at, part) => at[part]!).GetValue<string>();
}
