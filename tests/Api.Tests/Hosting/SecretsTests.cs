using System.Collections.Concurrent;
using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using StableRep.Api.Cli;
using StableRep.Api.Hosting;
using StableRep.Api.Jobs;
using StableRep.Data.Hosting;
using StableRep.Engine.Tests.Checkpoints.Hub;
using StableRep.Testing;

namespace StableRep.Api.Tests.Hosting;

/// <summary>Passwords and tokens stay out of logs, errors and what verbs print, at every level of detail.</summary>
public sealed class SecretsTests(TestCluster cluster)
{
    private const string Secret = "hunter2-hunter2";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_logs_neither_the_databases_password_nor_the_object_stores_key()
    {
        var folder = Directory.CreateDirectory(Path.Combine(cluster.Folder, Guid.NewGuid().ToString("N"))).FullName;
        var connectionString = new NpgsqlConnectionStringBuilder(await cluster.NewDatabaseAsync()) { Password = Secret }.ConnectionString;
        var lines = new Lines();
        await using var database = await StudioDatabase.OpenAsync(connectionString, new StudioOptions { DataFolder = folder }, Stop);
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Studio:DataFolder"] = folder,
            ["Artifacts:S3:AccessKey"] = "id",
            ["Artifacts:S3:SecretKey"] = Secret,
            ["Hub:Token"] = Secret,
            ["ConnectionStrings:Studio"] = connectionString,
            ["Logging:LogLevel:Default"] = "Trace",
            ["Logging:LogLevel:Microsoft"] = "Trace",
            ["Logging:LogLevel:Hangfire"] = "Trace",
        });
        builder.Logging.ClearProviders().AddProvider(lines).SetMinimumLevel(LogLevel.Trace);
        builder.AddStudio(database);
        builder.AddWorker();
        using (var host = builder.Build())
        {
            await host.StartAsync(Stop);
            var dispatched = host.Services.GetRequiredService<Dispatcher>();
            await dispatched.StepAsync(Stop);
            await host.StopAsync(Stop);
        }

        Assert.NotEmpty(lines.All);
        Assert.DoesNotContain(lines.All, line => line.Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_database_that_does_not_answer_is_told_without_its_password()
    {
        var error = await Assert.ThrowsAsync<PostgresUnavailableException>(() => StudioDatabase.OpenAsync(
            $"Host=127.0.0.1;Port=9;Username=studio;Password={Secret};Database=studio", new StudioOptions(), Stop));
        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hub_that_has_nothing_of_the_kind_is_told_without_the_token()
    {
        await using var hub = FakeHub.WithTinyGenerator();
        var output = new StringWriter();
        var status = await StudioCommand.Create().Parse(["generators", "pull", "owner/none", "--hub", hub.Address.AbsoluteUri, "--token", Secret])
            .InvokeAsync(new InvocationConfiguration { Output = output, Error = output }, Stop);
        Assert.Equal(1, status);
        Assert.Equal($"Bearer {Secret}", Assert.Single(hub.Requests.Select(request => request.Authorization).Distinct()));
        Assert.Contains("owner/none", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, output.ToString(), StringComparison.Ordinal);
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> All => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            _lines.Enqueue(state.ToString() ?? "");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
