using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Spectre.Console;
using StableRep.Api.Experiments;
using StableRep.Api.Hosting;
using StableRep.Api.Live;
using StableRep.Data.Experiments;
using StableRep.Data.Probes;
using StableRep.Engine.Training;

namespace StableRep.Api.Cli;

/// <summary>Launches the demo experiment once the node answers, and follows it in the terminal as its page does in the browser.</summary>
internal sealed class DemoRun(
    DemoExperiment demo, ExperimentService experiments, ExperimentFeed feed, IServer server, IHostApplicationLifetime lifetime, IOptions<StudioOptions> options,
    TimeProvider clock) : BackgroundService
{
    private static readonly Dictionary<string, string> Titles = new()
    {
        ["generate"] = "Generating images of sample captions",
        ["train"] = "Training an encoder with StableRep",
        ["features"] = "Encoding the probe's images",
        ["probe"] = "Training linear probes",
    };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await StartedAsync(stoppingToken);
        var address = server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
        var start = clock.GetTimestamp();
        var experiment = await demo.LaunchAsync(options.Value.Demo ?? 0, cancellationToken: stoppingToken);
        var console = VerbRunner.ConsoleOn(Console.Out);
        await Console.Out.WriteLineAsync($"Watch it live: {address}/experiments/{experiment.Id}");
        await StageBars.RunAsync(console, Titles, bars => FollowAsync(experiment.Id, bars, stoppingToken));
        await ShowAsync(console, address, await experiments.GetAsync(experiment.Id, stoppingToken), clock.GetElapsedTime(start));
    }

    private async Task StartedAsync(CancellationToken stop)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stop);
    }

    private async Task FollowAsync(Guid id, StageBars bars, CancellationToken stop)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var subscription = feed.Subscribe(id, 0, events =>
        {
            foreach (var entry in events)
            {
                Show(bars, entry, ended);
            }

            return Task.CompletedTask;
        });
        await ended.Task.WaitAsync(stop);
    }

    private static void Show(StageBars bars, ExperimentEvent entry, TaskCompletionSource ended)
    {
        using var payload = JsonDocument.Parse(entry.Payload);
        var facts = payload.RootElement;
        switch (entry.Kind)
        {
            case "progress":
                bars.Progress(new RunProgress(
                    facts.GetProperty("stage").GetString()!, facts.GetProperty("done").GetInt64(), facts.GetProperty("total").GetInt64(), facts.GetProperty("unit").GetString()!, null));
                break;
            case "state" when facts.GetProperty("to").GetString() is "done" or "failed" or "cancelled":
                ended.TrySetResult();
                break;
        }
    }

    private static async Task ShowAsync(IAnsiConsole console, string address, Experiment experiment, TimeSpan elapsed)
    {
        if (experiment.State != ExperimentState.Done)
        {
            await Console.Error.WriteLineAsync($"The first experiment is {StoreNames.Of(experiment.State)}: {experiment.StateReason}");
            Environment.ExitCode = 1;
            return;
        }

        var table = new Table().AddColumn("features").AddColumn(new TableColumn("linear probe, top-1").RightAligned());
        foreach (var (kind, name) in (ReadOnlySpan<(ProbeKind, string)>)[
            (ProbeKind.Linear, "StableRep"), (ProbeKind.RandomInit, "the same encoder before training"), (ProbeKind.RawPixels, "raw pixels")])
        {
            table.AddRow(name, experiment.Probes.Single(probe => probe.Kind == kind).Accuracy!.Value.ToString("P1", CultureInfo.InvariantCulture));
        }

        console.Write(table);
        await Console.Out.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"The first experiment is done after {elapsed:m\\:ss} minutes. The studio stays open at {address} until Ctrl+C."));
    }
}
