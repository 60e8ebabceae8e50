using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using StableRep.Api.CaptionSets;
using StableRep.Api.Experiments;
using StableRep.Api.Generators;
using StableRep.Api.Hosting;
using StableRep.Api.ImageSets;
using StableRep.Data.Experiments;
using StableRep.Data.Probes;
using StableRep.Engine.Scenes;
using StableRep.Engine.Training;
using StableRep.Testing;
using StableRep.Web.Tests.Hosting;

namespace StableRep.Web.Tests.Browser;

/// <summary>
/// One node with a worker, started as a user starts it, and one browser, for all browser tests of a run. Both start with the first test that
/// asks for them. Tests fill the studio through <see cref="Services"/>, which is the same database seen from this process.
/// </summary>
public sealed class BrowserStudio : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan WorkPatience = TimeSpan.FromMinutes(5);

    private static readonly string[] BrowserArguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    // The bundled datasets are too large for experiments that are only looked at.
    private const string Objects = "few-objects";

    private readonly SemaphoreSlim _starting = new(1);
    private Process? _node;
    private StudioDatabase? _database;
    private IHost? _host;
    private IPlaywright? _playwright;
    private Experiment? _experiment;

    /// <summary>The node's address.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>The node's data folder.</summary>
    public string DataFolder { get; private set; } = null!;

    /// <summary>The browser.</summary>
    public IBrowser Browser { get; private set; } = null!;

    /// <summary>The features' services on the node's database.</summary>
    public IServiceProvider Services => _host!.Services;

    /// <summary>The node's database, for further nodes on it.</summary>
    public StudioDatabase Database => _database!;

    /// <summary>Starts node and browser, once.</summary>
    public async Task StartAsync(TestCluster cluster)
    {
        await _starting.WaitAsync();
        try
        {
            if (_node is not null)
            {
                return;
            }

            DataFolder = Directory.CreateDirectory(Path.Combine(cluster.Folder, "studio")).FullName;
            SceneProbes.Export(SceneProbes.Create(SceneAttribute.Object, 60, 30), Path.Combine(DataFolder, "probe-datasets", Objects));
            var connection = await cluster.NewDatabaseAsync();
            Address = new Uri($"http://127.0.0.1:{FreePort()}/");
            _node = await StartNodeAsync(connection);
            await OpenServicesAsync(connection);
        }
        finally
        {
            _starting.Release();
        }

        await StartBrowserAsync();
    }

    /// <summary>Starts the browser alone, once.</summary>
    public async Task StartBrowserAsync()
    {
        await _starting.WaitAsync();
        try
        {
            if (Browser is null)
            {
                _playwright = await Playwright.CreateAsync();
                Browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium(), Args = BrowserArguments });
            }
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>An experiment of two images a caption that was launched, the same for all tests that only look at one.</summary>
    public async Task<Experiment> ExperimentAsync(CancellationToken stop)
    {
        await _starting.WaitAsync(stop);
        try
        {
            return _experiment ??= await LaunchAsync("An experiment to look at", 7, stop);
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>The address of a page with the values that its route needs, of <see cref="ExperimentAsync"/> where it can.</summary>
    public async Task<string> AddressAsync(string route, CancellationToken stop)
    {
        if (!route.Contains('{', StringComparison.Ordinal))
        {
            return route;
        }

        var experiment = await ExperimentAsync(stop);
        var id = route switch
        {
            _ when route.StartsWith("/experiments/", StringComparison.Ordinal) => experiment.Id,
            _ when route.StartsWith("/review/", StringComparison.Ordinal) => experiment.ImageSetId,
            _ when route.StartsWith("/caption-sets/", StringComparison.Ordinal) => experiment.ImageSet!.CaptionSetId,
            _ when route.StartsWith("/generators/", StringComparison.Ordinal) => experiment.ImageSet!.GeneratorId,
            _ => Guid.Empty,
        };
        return route[..route.IndexOf('{', StringComparison.Ordinal)] + id;
    }

    /// <summary>Launches a small experiment on images that no other one has.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="seed">The seed of its images.</param>
    /// <param name="stop">Cancels.</param>
    /// <param name="epochs">How long it trains.</param>
    public async Task<Experiment> LaunchAsync(string name, int seed, CancellationToken stop, int epochs = 10)
    {
        var experiments = Services.GetRequiredService<ExperimentService>();
        var path = Path.Combine(AppContext.BaseDirectory, "assets", "captions", "scenes-1k.txt");
        var (captions, _) = await Services.GetRequiredService<CaptionSetService>().KeepAsync(CaptionFile.Open(path, "scenes-1k.txt"), "Scenes", "scenes-1k.txt", null, null, stop);
        var generator = (await Services.GetRequiredService<GeneratorService>().RefreshAsync(stop)).First(row => row.Source == GeneratorService.Bundled);
        var experiment = await experiments.CreateAsync(
            new NewExperiment
            {
                Name = name,
                Images = new ImageSetSettings
                {
                    CaptionSetId = captions.Id,
                    GeneratorId = generator.Id,
                    GuidanceScale = 3,
                    ImagesPerPrompt = 2,
                    Steps = 4,
                    Seed = seed,
                    CaptionCount = 16,
                },
                Recipe = TrainingRecipes.Named("demo") with { SetsPerBatch = 8, ImagesPerSet = 2, Epochs = epochs },
                Probes = [new NewProbe(ProbeKind.Knn, Objects)],
                Tags = ["test"],
            },
            cancellationToken: stop);
        await experiments.LaunchAsync(experiment.Id, stop);
        return await experiments.GetAsync(experiment.Id, stop);
    }

    /// <summary>Waits until no experiment is at work.</summary>
    public async Task IdleAsync(CancellationToken stop)
    {
        var experiments = Services.GetRequiredService<ExperimentService>();
        for (var start = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(start) < WorkPatience;)
        {
            if (!(await experiments.ListAsync(null, 100, stop)).Any(experiment => experiment.State.IsActive()))
            {
                return;
            }

            await Task.Delay(200, stop);
        }

        throw new TimeoutException("Experiments of other tests do not end.");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Browser is not null)
        {
            await Browser.DisposeAsync();
        }

        _playwright?.Dispose();
        if (_node is { HasExited: false })
        {
            _node.Kill(entireProcessTree: true);
            await _node.WaitForExitAsync();
        }

        _node?.Dispose();
        _host?.Dispose();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        _starting.Dispose();
    }

    private static string Chromium() =>
        ((string[])["/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException("Chromium is not installed: apt-get install chromium-headless-shell, or run ./test, which does.");

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<Process> StartNodeAsync(string connection)
    {
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var told = new List<string>();
        var node = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet")
            {
                ArgumentList =
                {
                    WebProgram.Path, "--urls", Address.OriginalString.TrimEnd('/'), "--Studio:DataFolder", DataFolder, "--Studio:Accounts", "single",
                    "--Engine:Device", "cpu", "--Demo:Captions", "32", "--Demo:Epochs", "60",
                },
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["ConnectionStrings__Studio"] = connection },
                WorkingDirectory = DataFolder,
            },
            EnableRaisingEvents = true,
        };
        void Hear(string? line)
        {
            lock (told)
            {
                told.Add(line ?? "");
            }

            if (line?.Contains("Application started", StringComparison.Ordinal) == true)
            {
                listening.TrySetResult();
            }
        }

        node.OutputDataReceived += (_, line) => Hear(line.Data);
        node.ErrorDataReceived += (_, line) => Hear(line.Data);
        node.Exited += (_, _) => listening.TrySetException(new InvalidOperationException("The node ended:\n" + string.Join('\n', told)));
        node.Start();
        node.BeginOutputReadLine();
        node.BeginErrorReadLine();
        await listening.Task.WaitAsync(Patience);
        return node;
    }

    private async Task OpenServicesAsync(string connection)
    {
        _database = await StudioDatabase.OpenAsync(connection, new StudioOptions { DataFolder = DataFolder });
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Studio:DataFolder"] = DataFolder, ["Engine:Device"] = "cpu" });
        builder.Logging.ClearProviders();
        builder.AddStudio(_database);
        _host = builder.Build();
    }
}
