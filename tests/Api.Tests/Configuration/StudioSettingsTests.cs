using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using StableRep.Api.Cli;
using StableRep.Api.Configuration;
using StableRep.Api.Hosting;
using StableRep.Testing;

namespace StableRep.Api.Tests.Configuration;

public sealed class StudioSettingsTests
{
    [Fact]
    public void Every_problem_is_named_at_once_with_the_nearest_key_or_the_allowed_values()
    {
        var error = Assert.Throws<SettingsException>(() => Check(
            ("Studio:Rolse", "web"),
            ("Studio:Roles", "web,painter"),
            ("Engine:Threads", "many"),
            ("Engine:Colour", "red"),
            ("Engine:Device", "cpu"),
            ("Artifacts:S3:Bukket", "b"),
            ("Artifacts:S3:Bucket", "NO"),
            ("Artifacts:CacheGigabytes", "0"),
            ("Studoi:Roles", "web"),
            ("Hub:Token:Deep", "x")));
        Assert.Equal(
            [
                "Studoi is no section: did you mean Studio?",
                "Studio:Rolse is no key: did you mean Studio:Roles?",
                "Engine:Colour is no key: Engine has Device, Precision, Threads.",
                "Hub:Token:Deep is no key: Hub:Token is a single value.",
                "Artifacts:S3:Bukket is no key: did you mean Artifacts:S3:Bucket?",
                "Studio:Roles is 'web,painter': it must be 'web', 'worker' or 'web,worker'.",
                "Engine:Threads is 'many': it must be a whole number.",
                "Artifacts:S3:Bucket is 'NO': it must be a bucket's name: 3 to 63 of a-z, 0-9, '.' and '-'.",
                "Artifacts:CacheGigabytes is '0': it must be from 1 to 1000000.",
            ],
            error.Problems);
    }

    [Theory]
    [InlineData("Engine:Device", "tpu", "Engine:Device is 'tpu': it must be cpu, cuda, cuda:N or auto.")]
    [InlineData("Engine:Precision", "fp8", "Engine:Precision is 'fp8': it must be fp32, bf16, fp16 or auto.")]
    [InlineData("Engine:Threads", "0", "Engine:Threads is '0': it must be from 1 to 1024, or null for the number of cores.")]
    [InlineData("Studio:DataFolder", "", "Studio:DataFolder is missing: it must name a folder.")]
    [InlineData("Studio:ArtifactStore", "ftp", "Studio:ArtifactStore is 'ftp': it must be 'folder' or 's3'.")]
    [InlineData("Studio:ArtifactStore", "s3", "Artifacts:S3:Bucket is missing: it must name the bucket, since Studio:ArtifactStore is 's3'.")]
    [InlineData("Artifacts:S3:Endpoint", "minio:9000", "Artifacts:S3:Endpoint is 'minio:9000': it must be an http or https address, or null for Amazon's own.")]
    [InlineData("Artifacts:S3:AccessKey", "id", "Artifacts:S3:AccessKey, S3:SecretKey must both be set, or neither.")]
    [InlineData("Hub:BaseAddress", "hub", "Hub:BaseAddress is 'hub': it must be an address, such as https://huggingface.co.")]
    public void A_wrong_value_is_told_with_what_is_allowed(string key, string value, string problem) =>
        Assert.Equal([problem], Assert.Throws<SettingsException>(() => Check((key, value))).Problems);

    [Fact]
    public void A_secret_is_never_told() => Assert.DoesNotContain(
        "hunter2", Assert.Throws<SettingsException>(() => Check(("Artifacts:S3:SecretKey", "hunter2"), ("Hub:Token:x", "hunter2"))).Message, StringComparison.Ordinal);

    [Fact]
    public void What_the_environment_holds_besides_is_no_concern_of_ours() =>
        Check(("PATH", "/bin"), ("DOTNET:gcServer", "1"), ("Kestrel:Limits:MaxRequestBodySize", "1"), ("Logging:LogLevel:Default", "Debug"));

    [Fact]
    public async Task A_wrong_key_on_the_command_line_stops_the_start() =>
        Assert.Equal(1, await StudioCommand.RunAsync(["--Studio:Rolse", "web"], args => StudioHost.RunAsync(args)));

    [Fact]
    public void The_environment_overrides_the_file_and_the_command_line_both()
    {
        Environment.SetEnvironmentVariable("Artifacts__CacheGigabytes", "77");
        Environment.SetEnvironmentVariable("Hub__BaseAddress", "https://environment.example");
        try
        {
            var builder = WebApplication.CreateBuilder(new WebApplicationOptions
            {
                Args = ["--Hub:BaseAddress", "https://line.example"],
                ContentRootPath = AppContext.BaseDirectory,
            });
            Assert.Equal(
                ("data", "77", "https://line.example"),
                (builder.Configuration["Studio:DataFolder"], builder.Configuration["Artifacts:CacheGigabytes"], builder.Configuration["Hub:BaseAddress"]));
        }
        finally
        {
            Environment.SetEnvironmentVariable("Artifacts__CacheGigabytes", null);
            Environment.SetEnvironmentVariable("Hub__BaseAddress", null);
        }
    }

    [Fact]
    public void Every_class_with_a_section_is_checked_and_documented() => Assert.Equal(
        typeof(StudioSettings).Assembly.GetTypes().Where(type => type.GetField("Section") is { IsLiteral: true }).Select(type => type.Name).Order(),
        StudioSettings.Sections.Select(section => section.Type.Name).Order());

    [Fact]
    public void The_file_at_the_root_has_every_key_with_its_default_and_a_comment()
    {
        var path = Repository.PathOf("appsettings.json");
        var lines = File.ReadAllLines(path);
        using var document = JsonDocument.Parse(File.ReadAllText(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        var problems = new List<string>();
        foreach (var key in StudioSettings.Sections.SelectMany(section => section.Leaves))
        {
            var element = key.Name.Split(':').Aggregate<string, JsonElement?>(
                document.RootElement, (parent, name) => parent?.TryGetProperty(name, out var child) == true ? child : null);
            var line = Array.FindIndex(lines, text => text.TrimStart().StartsWith($"\"{key.Property.Name}\":", StringComparison.Ordinal));
            if (element is null)
            {
                problems.Add($"{key.Name} is missing.");
            }
            else if (element.Value.GetRawText() is var written && written != JsonSerializer.Serialize(key.Default))
            {
                problems.Add($"{key.Name} is {written} and the class says {JsonSerializer.Serialize(key.Default)}.");
            }
            else if (line > 0 && !lines[line - 1].TrimStart().StartsWith("//", StringComparison.Ordinal))
            {
                problems.Add($"{key.Name} has no comment above it.");
            }
        }

        Assert.Empty(problems);
        StudioSettings.Check(new ConfigurationBuilder().AddJsonFile(path).Build());
    }

    [Fact]
    public void The_reference_in_docs_is_the_one_that_the_program_writes() =>
        Assert.Equal(File.ReadAllText(Repository.PathOf("docs", "configuration.md")), ConfigurationReference.Write());

    private static void Check(params (string Key, string Value)[] values) => StudioSettings.Check(
        new ConfigurationBuilder().AddInMemoryCollection(values.Select(item => KeyValuePair.Create(item.Key, (string?)item.Value))).Build());
}
