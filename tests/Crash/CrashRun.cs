using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using StableRep.Api.CaptionSets;
using StableRep.Api.Experiments;
using StableRep.Api.Generators;
using StableRep.Api.Hosting;
using StableRep.Api.ImageSets;
using StableRep.Data.Experiments;
using StableRep.Data.Probes;
using StableRep.Engine.Augmentation;
using StableRep.Engine.Models;
using StableRep.Engine.Scenes;
using StableRep.Engine.Training;

namespace StableRep.Crash;

/// <summary>One experiment on the pocket generator by a web node with its worker and a second worker, all of which may be killed.</summary>
public sealed class CrashRun : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    private readonly CrashPlan _plan;
    private readonly Action<string> _tell;
    private readonly string _folder;
    private readonly StudioDatabase _database;
    private readonly IHost _host;
    private readonly Uri _address;
    private readonly StudioProcess _web;
    private readonly StudioProcess _second;

    private CrashRun(CrashPlan plan, Action<string> tell, string folder, StudioDatabase database, IHost host)
    {
        (_plan, _tell, _folder, _database, _host) = (plan, tell, folder, database, host);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        _web = new StudioProcess(folder, "web", "--urls", _address.ToString());
        _second = new StudioProcess(folder, "worker", "--Studio:Roles", "worker");
    }

    /// <summary>Runs the experiment undisturbed and disturbed, and says what differs or went wrong.</summary>
    public static async Task<IReadOnlyList<string>> RunAsync(CrashPlan plan, Action<string> tell, CancellationToken stop)
    {
        var root = Directory.CreateTempSubdirectory("stablerep-crash-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            // PostgreSQL's user must reach the clusters inside.
            File.SetUnixFileMode(root, (UnixFileMode)Convert.ToInt32("755", 8));
        }

        var problems = new List<string>();
        Outcome undisturbed;
        await using (var quiet = await CreateAsync(plan, tell, Path.Combine(root, "undisturbed"), stop))
        {
            undisturbed = await quiet.FollowAsync(0, problems, stop);
        }

        Outcome disturbed;
        await using (var run = await CreateAsync(plan, tell, Path.Combine(root, "disturbed"), stop))
        {
            disturbed = await run.FollowAsync(plan.Kills, problems, stop);
        }

        problems.AddRange(disturbed.Differences(undisturbed));
        tell($"{disturbed.Images.Count} images, {disturbed.Curves.Count} curves of {disturbed.Curves["train/loss"].Count} steps, weights {disturbed.Weights[..12]}, probe {disturbed.Probes[0]}.");
        if (problems.Count == 0)
        {
            Directory.Delete(root, recursive: true);
        }
        else
        {
            tell($"Everything is left in {root}.");
        }

        return problems;
    }

    /// <summary>Where the web node answers.</summary>
    internal Uri Address => _address;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _web.Dispose();
        _second.Dispose();
        _host.Dispose();
        await _database.DisposeAsync();
    }

    internal static async Task<CrashRun> CreateAsync(CrashPlan plan, Action<string> tell, string folder, CancellationToken stop)
    {
        var data = Directory.CreateDirectory(Path.Combine(folder, "data")).FullName;
        SceneProbes.Export(SceneProbes.Create(SceneAttribute.Object, 60, 30, size: 32), Path.Combine(data, "probe-datasets", "few-objects"), cancellation: stop);
        var database = await StudioDatabase.OpenAsync(null, new StudioOptions { DataFolder = data }, stop);
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Studio:DataFolder"] = data, ["Engine:Device"] = "cpu" });
        builder.AddStudio(database);
        return new CrashRun(plan, tell, folder, database, builder.Build());
    }

    /// <summary>Starts the web node with its worker and an experiment, and waits until that is training.</summary>
    internal async Task<Guid> TrainAsync(CancellationToken stop)
    {
        _web.Start();
        var experiment = await LaunchAsync(stop);
        while (await ProgressAsync(experiment, stop) <= 0.5)
        {
            await Task.Delay(200, stop);
        }

        return experiment;
    }

    private async Task<Outcome> FollowAsync(int kills, List<string> problems, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        _web.Start();
        if (kills > 0)
        {
            _second.Start();
        }

        var experiment = await LaunchAsync(stop);
        await using var events = Witness.OfEvents(_address, experiment);
        await using var hub = Witness.OfHub(_address, experiment);
        await DisturbAsync(experiment, kills, stop);
        var last = await EndAsync(experiment, stop);
        foreach (var witness in (Witness[])[events, hub])
        {
            await CheckAsync(witness, last, problems, stop);
        }

        var breaks = (events.Breaks, hub.Breaks);
        var outcome = await Outcome.ReadAsync(_host.Services, experiment, stop);
        foreach (var process in (StudioProcess[])[_web, _second])
        {
            if (!await process.StopAsync(TimeSpan.FromSeconds(60)))
            {
                problems.Add($"A process did not stop in order: see {process.Log}.");
            }
        }

        _tell(string.Create(CultureInfo.InvariantCulture, $"With {kills} kills: {watch.Elapsed.TotalSeconds:0} s, {last} events, {breaks.Item1} and {breaks.Item2} breaks seen by the two subscribers."));
        return outcome;
    }

    private async Task<Guid> LaunchAsync(CancellationToken stop)
    {
        var services = _host.Services;
        var path = Path.Combine(_folder, "captions.txt");
        await File.WriteAllLinesAsync(
            path, (await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "assets", "captions", "scenes-1k.txt"), stop)).Take(_plan.Captions), stop);
        var (captions, _) = await services.GetRequiredService<CaptionSetService>()
            .KeepAsync(CaptionFile.Open(path, "captions.txt"), "scenes", "captions.txt", null, null, cancellationToken: stop);
        var generator = (await services.GetRequiredService<GeneratorService>().RefreshAsync(stop)).Single(row => row.Name == "pocket");
        var experiments = services.GetRequiredService<ExperimentService>();
        var created = await experiments.CreateAsync(
            new NewExperiment
            {
                Name = "crash",
                Images = new ImageSetSettings
                {
                    CaptionSetId = captions.Id,
                    GeneratorId = generator.Id,
                    GuidanceScale = 2,
                    ImagesPerPrompt = 2,
                    Steps = 4,
                    Seed = 7,
                },
                Recipe = new TrainingRecipe
                {
                    Method = "stablerep",
                    BackboneShape = new VisionTransformerConfig { ImageSize = 32, PatchSize = 8, Width = 48, Depth = 2, Heads = 3, Pooling = TokenPooling.Average },
                    SetsPerBatch = 4,
                    ImagesPerSet = 2,
                    Epochs = Math.Ceiling(_plan.Steps / (captions.Count / 4.0)),
                    WarmupEpochs = 1,
                    ProjectorHidden = 32,
                    ProjectorOutput = 16,
                    Resolution = 32,
                    Augmentation = AugmentationSettings.Weak(32),
                },
                Probes = [new NewProbe(ProbeKind.Knn, "few-objects")],
            },
            cancellationToken: stop);
        await experiments.LaunchAsync(created.Id, stop);
        return created.Id;
    }

    /// <summary>Kills something each time the experiment has come to a random point.</summary>
    private async Task DisturbAsync(Guid experiment, int kills, CancellationToken stop)
    {
        var random = new Random(_plan.Seed);
        var points = Enumerable.Range(0, kills).Select(_ => random.NextDouble() * 0.97).Order().ToList();
        var started = Stopwatch.StartNew();
        foreach (var point in points)
        {
            while (await ProgressAsync(experiment, stop) < point)
            {
                KeepRunning();
                await Task.Delay(100, stop);
                if (started.Elapsed > Patience)
                {
                    throw new TimeoutException($"The experiment does not come to {point:p0}.");
                }
            }

            await Task.Delay(random.Next(1000), stop);
            await KillAsync(random.Next(6), point);
        }
    }

    private async Task KillAsync(int what, double point)
    {
        KeepRunning();
        var name = what switch { 0 or 1 => "web node", 2 => "PostgreSQL", 3 => "second worker", _ => "web node's worker" };
        switch (what)
        {
            case 0 or 1:
                _web.Kill();
                break;
            case 2:
                await KillAsync(int.Parse((await File.ReadAllLinesAsync(Path.Combine(_folder, "data", "postgres", "cluster", "postmaster.pid")))[0], CultureInfo.InvariantCulture));
                break;
            case 3:
                _second.Kill();
                break;
            default:
                if (_web.Worker() is { } worker)
                {
                    await KillAsync(worker);
                }
                else
                {
                    name = "second worker";
                    _second.Kill();
                }

                break;
        }

        _tell(string.Create(CultureInfo.InvariantCulture, $"  at {point:p0}: killed the {name}"));
    }

    private static async Task KillAsync(int id)
    {
        using var kill = Process.Start("kill", ["-KILL", id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Starts again what was killed, as a service manager does.</summary>
    private void KeepRunning()
    {
        foreach (var process in (StudioProcess[])[_web, _second])
        {
            if (!process.IsRunning)
            {
                process.Start();
            }
        }
    }

    /// <summary>How far it has come: images are worth as much as steps.</summary>
    private async Task<double> ProgressAsync(Guid experiment, CancellationToken stop)
    {
        try
        {
            await using var command = _database.Source.CreateCommand(
                """
                SELECT e.state,
                    (SELECT count(*) FROM app.images i WHERE i.image_set_id = e.image_set_id)::float8,
                    coalesce((SELECT max(p.step) FROM app.metric_points p JOIN app.metric_series s ON s.id = p.series_id
                        WHERE s.experiment_id = e.id AND s.name = 'train/loss'), 0)::float8
                FROM app.experiments e WHERE e.id = $1
                """);
            command.Parameters.Add(new() { Value = experiment });
            await using var reader = await command.ExecuteReaderAsync(stop);
            await reader.ReadAsync(stop);
            return reader.GetString(0) switch
            {
                "done" => 1,
                "failed" => throw new InvalidOperationException("The experiment has failed."),
                _ => (reader.GetDouble(1) / (_plan.Captions * 2) / 2) + (reader.GetDouble(2) / _plan.Steps / 2),
            };
        }
        catch (NpgsqlException)
        {
            return 0;
        }
    }

    private async Task<long> EndAsync(Guid experiment, CancellationToken stop)
    {
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < Patience;)
        {
            if (await ProgressAsync(experiment, stop) >= 1)
            {
                var done = await _host.Services.GetRequiredService<ExperimentService>().GetAsync(experiment, stop);
                if (done.State == ExperimentState.Done)
                {
                    return done.LastSequence;
                }
            }

            if (_plan.Kills > 0 && !_web.IsRunning)
            {
                _web.Start();
            }

            await Task.Delay(200, stop);
        }

        throw new TimeoutException($"The experiment is not done after {Patience}.");
    }

    private static async Task CheckAsync(Witness witness, long last, List<string> problems, CancellationToken stop)
    {
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < TimeSpan.FromSeconds(30) && witness.Last < last;)
        {
            await Task.Delay(100, stop);
        }

        var seen = witness.Seen;
        if (!seen.SequenceEqual(Enumerable.Range(1, (int)last).Select(number => (long)number)))
        {
            var doubled = seen.Count - seen.Distinct().Count();
            var missed = Enumerable.Range(1, (int)last).Select(number => (long)number).Except(seen).ToList();
            problems.Add($"The subscriber by {witness.Name} saw {seen.Count} of {last} events: {doubled} doubled, {missed.Count} missed ({string.Join(", ", missed.Take(10))}).");
        }
    }
}
