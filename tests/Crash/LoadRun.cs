using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Http;
using StableRep.Api.Live;

namespace StableRep.Crash;

/// <summary>Watches one running experiment by many hub connections while others ask the API, and measures how old events are when they arrive.</summary>
public static class LoadRun
{
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(5);

    /// <summary>Measures for some seconds and says what was found.</summary>
    public static async Task RunAsync(int subscribers, int clients, TimeSpan time, Action<string> tell, CancellationToken stop)
    {
        var plan = new CrashPlan { Kills = 0, Steps = 100_000 };
        var folder = Directory.CreateTempSubdirectory("stablerep-load-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, (UnixFileMode)Convert.ToInt32("755", 8));
        }

        await using (var run = await CrashRun.CreateAsync(plan, tell, Path.Combine(folder, "load"), stop))
        {
            var experiment = await run.TrainAsync(stop);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var ages = new ConcurrentBag<double>();
            var answers = new ConcurrentBag<double>();
            var measuring = new Flag();
            var work = Enumerable.Range(0, subscribers).Select(_ => WatchAsync(run.Address, experiment, ages, measuring, end.Token))
                .Concat(Enumerable.Range(0, clients).Select(_ => AskAsync(run.Address, experiment, answers, measuring, end.Token))).ToList();
            await Task.Delay(Warm, stop);
            measuring.Value = true;
            await Task.Delay(time, stop);
            measuring.Value = false;
            var load = (await File.ReadAllTextAsync("/proc/loadavg", stop)).Split(' ')[0];
            await end.CancelAsync();
            await Task.WhenAll(work);
            tell($"{subscribers} hub subscribers, {clients} REST clients, {time.TotalSeconds:0} s; the machine's load at the end: {load}");
            tell($"event to client: {Summary(ages)}");
            tell($"REST answers:    {Summary(answers)}");
        }

        Directory.Delete(folder, recursive: true);
    }

    private static string Summary(ConcurrentBag<double> milliseconds)
    {
        var sorted = milliseconds.Order().ToArray();
        return sorted.Length == 0
            ? "none"
            : string.Create(CultureInfo.InvariantCulture, $"{sorted.Length} measured, p50 {At(0.5):0} ms, p95 {At(0.95):0} ms, p99 {At(0.99):0} ms, max {sorted[^1]:0} ms");

        double At(double share) => sorted[(int)(share * (sorted.Length - 1))];
    }

    private static async Task WatchAsync(Uri node, Guid experiment, ConcurrentBag<double> ages, Flag measuring, CancellationToken stop)
    {
        try
        {
            await using var hub = new HubConnectionBuilder().WithUrl(new Uri(node, "/hubs/experiments"))
                .AddJsonProtocol(options => StudioJson.Configure(options.PayloadSerializerOptions)).Build();
            await hub.StartAsync(stop);
            await foreach (var message in hub.StreamAsync<LiveMessage>("Subscribe", experiment, (long?)null, stop))
            {
                var now = TimeProvider.System.GetUtcNow();
                foreach (var entry in measuring.Value ? message.Events : [])
                {
                    ages.Add((now - entry.At).TotalMilliseconds);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    private static async Task AskAsync(Uri node, Guid experiment, ConcurrentBag<double> answers, Flag measuring, CancellationToken stop)
    {
        try
        {
            using var client = new HttpClient { BaseAddress = node };
            while (true)
            {
                var asked = Stopwatch.StartNew();
                using var answer = await client.GetAsync($"/api/v1/experiments/{experiment}/snapshot", stop);
                answer.EnsureSuccessStatusCode();
                if (measuring.Value)
                {
                    answers.Add(asked.Elapsed.TotalMilliseconds);
                }

                await Task.Delay(1000, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    private sealed class Flag
    {
        public volatile bool Value;
    }
}
