using Hangfire;
using Hangfire.PostgreSql;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using StableRep.Api.Accounts;
using StableRep.Api.Configuration;
using StableRep.Api.Hosting.Health;
using StableRep.Api.Http;
using StableRep.Api.Live;
using StableRep.Api.Nodes;
using StableRep.Api.Webhooks;
using StableRep.Data.Experiments;
using StableRep.Data.Hosting;
using StableRep.Data.Metrics;

namespace StableRep.Api.Hosting;

/// <summary>Builds and runs a node. Both hosts, with and without pages, start here.</summary>
public static class StudioHost
{
    /// <summary>Runs a node until it is told to stop.</summary>
    /// <param name="args">Configuration on the command line, such as <c>--Studio:Roles worker</c>.</param>
    /// <param name="addPages">Registers the dashboard's services, or null for the headless node.</param>
    /// <param name="mapPages">Maps the dashboard, or null for the headless node.</param>
    /// <exception cref="SettingsException">A key of the configuration is unknown or has a wrong value; the message names it.</exception>
    /// <exception cref="PostgresUnavailableException">There is no database server; the message says what to do.</exception>
    public static async Task RunAsync(
        string[] args, Action<WebApplicationBuilder>? addPages = null, Action<WebApplication>? mapPages = null)
    {
        // The one appsettings.json lies beside the program, wherever it is started from.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseStaticWebAssets();
        StudioSettings.Check(builder.Configuration);
        var options = builder.Configuration.GetSection(StudioOptions.Section).Get<StudioOptions>() ?? new StudioOptions();
        var mode = options.IsWeb ? AccountModes.Decide(builder.Configuration, options) : AccountMode.Team;
        await using var database = await StudioDatabase.OpenAsync(builder.Configuration.GetConnectionString("Studio"), options);
        if (!options.IsWeb)
        {
            var worker = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory });
            worker.AddStudio(database);
            worker.AddWorker();
            await worker.Build().RunAsync();
            return;
        }

        if (options.IsWorker)
        {
            builder.Services.AddHostedService<WorkerSupervisor>();
        }

        builder.Services.AddHostedService<Generators.GeneratorScan>();
        if (options.Demo is not null)
        {
            builder.Services.AddHostedService<Cli.DemoRun>();
        }

        await using var app = builder.BuildWeb(database, mode, addPages, mapPages);
        await app.RunAsync();
    }

    /// <summary>Builds a node that answers requests.</summary>
    internal static WebApplication BuildWeb(
        this WebApplicationBuilder builder, StudioDatabase database, AccountMode mode,
        Action<WebApplicationBuilder>? addPages = null, Action<WebApplication>? mapPages = null)
    {
        builder.AddStudio(database);
        builder.AddStudioHttp(mode);
        builder.AddAccounts(mode);
        builder.Services.AddStudioHealth();
        builder.Services.AddStudioLive();
        builder.Services.AddWebhooks();
        addPages?.Invoke(builder);
        var app = builder.Build();
        app.UseStudioHttp();
        app.MapStudioHealth();
        app.MapStudioApi();
        mapPages?.Invoke(app);
        app.UseStatusProblems();
        return app;
    }

    /// <summary>Registers what every node needs: options, the store and the job queue's client.</summary>
    internal static void AddStudio(this IHostApplicationBuilder builder, StudioDatabase database)
    {
        builder.Services.AddOptions<StudioOptions>().BindConfiguration(StudioOptions.Section);
        builder.Services.AddOptions<EngineOptions>().BindConfiguration(EngineOptions.Section);
        builder.Services.AddOptions<HostOptions>().Configure<IOptions<StudioOptions>>((host, studio) => host.ShutdownTimeout = studio.Value.Shutdown);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(database);
        builder.Services.AddSingleton(database.Source);
        builder.Services.AddDbContextFactory<Data.StudioDbContext>(context => context.UseStudioStore(database.Source));
        builder.Services.AddDataProtection().SetApplicationName("StableRep.Studio").PersistKeysToDbContext<Data.StudioDbContext>();

        // The keys are as safe as the database that holds them, which is what the warning is about.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection.KeyManagement.XmlKeyManager", LogLevel.Error);
        builder.Services.AddSingleton<ExperimentLog>();
        builder.Services.AddSingleton<MetricCurves>();
        builder.Services.AddSingleton<CaptionLossTable>();
        builder.AddTelemetry();
        builder.Services.AddFeatures();
        builder.Services.AddHostedService<NodeHeartbeat>();
        builder.Services.AddHostedService<PrivateClusterWatch>();
        builder.Services.AddHangfire(configuration => configuration
            .UseSimpleAssemblyNameTypeSerializer()
            .UseRecommendedSerializerSettings()
            .UsePostgreSqlStorage(
                connection => connection.UseNpgsqlConnection(database.ConnectionString),
                new PostgreSqlStorageOptions
                {
                    SchemaName = StudioDatabase.JobSchema,
                    PrepareSchemaIfNecessary = false,
                    UseSlidingInvisibilityTimeout = true,
                    InvisibilityTimeout = TimeSpan.FromMinutes(5),
                    QueuePollInterval = TimeSpan.FromSeconds(1),
                    AllowDegradedModeWithoutStorage = false,
                }));
    }

    /// <summary>Registers what works on jobs.</summary>
    internal static void AddWorker(this IHostApplicationBuilder builder)
    {
        builder.Services.AddHostedService<ParentWatch>();
        builder.Services.AddJobs();
        foreach (var (queue, workers) in (ReadOnlySpan<(string, int)>)[("gpu", 1), ("cpu", 2), ("preview", 1)])
        {
            builder.Services.AddHangfireServer((provider, server) =>
            {
                server.ServerName = $"{Environment.MachineName}:{Environment.ProcessId}:{queue}";
                server.Queues = [queue];
                server.WorkerCount = workers;
                server.CancellationCheckInterval = TimeSpan.FromSeconds(1);

                // A job that is told to stop writes a checkpoint and hands back its lease within this time.
                server.ShutdownTimeout = provider.GetRequiredService<IOptions<StudioOptions>>().Value.Shutdown * 0.75;
            });
        }
    }
}
