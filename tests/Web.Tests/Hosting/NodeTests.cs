using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using StableRep.Testing;

namespace StableRep.Web.Tests.Hosting;

/// <summary>The node itself, started as a user starts it, on a database of its own.</summary>
public sealed partial class NodeTests(TestCluster cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_node_answers_and_starts_another_worker_when_its_worker_is_killed()
    {
        var stop = TestContext.Current.CancellationToken;
        var address = $"http://127.0.0.1:{FreePort()}";
        var output = new Lines();
        using var node = Start(await cluster.NewEmptyDatabaseAsync(), address, output);
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri(address) };
            var first = await WorkerAsync(output, 1, stop);
            await output.WaitAsync(line => line.Contains("Now listening", StringComparison.Ordinal), 1, Patience, stop);
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/healthz", UriKind.Relative), stop)).StatusCode);

            using (var worker = Process.GetProcessById(first))
            {
                worker.Kill();
            }

            Assert.NotEqual(first, await WorkerAsync(output, 2, stop));
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/healthz", UriKind.Relative), stop)).StatusCode);
        }
        finally
        {
            node.Kill(entireProcessTree: true);
            await node.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task<int> WorkerAsync(Lines output, int count, CancellationToken stop)
    {
        var line = await output.WaitAsync(text => Started().IsMatch(text), count, Patience, stop);
        return int.Parse(Started().Match(line).Groups[1].ValueSpan, CultureInfo.InvariantCulture);
    }

    private static Process Start(string connectionString, string address, Lines output)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { WebProgram.Path, "--urls", address },
            RedirectStandardOutput = true,
            Environment = { ["ConnectionStrings__Studio"] = connectionString },
            WorkingDirectory = AppContext.BaseDirectory,
        };
        var node = Process.Start(start)!;
        node.OutputDataReceived += (_, line) => output.Add(line.Data);
        node.BeginOutputReadLine();
        return node;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex("Started the worker process ([0-9]+)")]
    private static partial Regex Started();

    /// <summary>A process's output, line by line, for whom waits for one.</summary>
    private sealed class Lines
    {
        private readonly List<string> _lines = [];
        private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Add(string? line)
        {
            lock (_lines)
            {
                _lines.Add(line ?? "");
                _changed.TrySetResult();
            }
        }

        public async Task<string> WaitAsync(Func<string, bool> wanted, int count, TimeSpan patience, CancellationToken stop)
        {
            var waited = Stopwatch.StartNew();
            while (true)
            {
                Task changed;
                lock (_lines)
                {
                    if (_lines.Where(wanted).Skip(count - 1).FirstOrDefault() is { } found)
                    {
                        return found;
                    }

                    _changed = _changed.Task.IsCompleted ? new(TaskCreationOptions.RunContinuationsAsynchronously) : _changed;
                    changed = _changed.Task;
                }

                var left = patience - waited.Elapsed;
                Assert.True(left > TimeSpan.Zero, $"Not seen within {patience}:\n{string.Join('\n', _lines)}");
                await Task.WhenAny(changed, Task.Delay(left, stop));
                stop.ThrowIfCancellationRequested();
            }
        }
    }
}
