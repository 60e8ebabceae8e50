using System.Diagnostics;
using System.Globalization;

namespace StableRep.Crash;

/// <summary>A node as a user starts it, in a process of its own that can be killed at any moment.</summary>
internal sealed class StudioProcess(string folder, string name, params string[] arguments) : IDisposable
{
    private Process? _process;

    public string Log => Path.Combine(folder, name + ".log");

    public bool IsRunning => _process is { HasExited: false };

    public int Id => _process!.Id;

    public void Start()
    {
        _process?.Dispose();
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", "log=$1; shift; exec dotnet \"$@\" >>\"$log\" 2>&1 </dev/null", "sh", Log, Path.Combine(AppContext.BaseDirectory, "StableRep.Web.dll") },
            WorkingDirectory = folder,
            Environment = { ["Engine__Threads"] = "1", ["Engine__Device"] = "cpu", ["Studio__DataFolder"] = Path.Combine(folder, "data") },
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
    }

    /// <summary>The worker process that this node has started, or null at a moment when there is none.</summary>
    public int? Worker() => Directory.EnumerateDirectories("/proc")
        .Select(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var id) ? id : (int?)null)
        .FirstOrDefault(id => id is { } child && IsWorkerOf(child, Id));

    public void Kill() => _process!.Kill();

    /// <summary>Asks it to stop and says whether it did within the time.</summary>
    public async Task<bool> StopAsync(TimeSpan patience)
    {
        if (!IsRunning)
        {
            return true;
        }

        using (var terminate = Process.Start("kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await terminate.WaitForExitAsync();
        }

        using var time = new CancellationTokenSource(patience);
        try
        {
            await _process!.WaitForExitAsync(time.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            _process!.Kill(entireProcessTree: true);
            return false;
        }
    }

    public void Dispose()
    {
        if (IsRunning)
        {
            _process!.Kill(entireProcessTree: true);
        }

        _process?.Dispose();
    }

    private static bool IsWorkerOf(int child, int parent)
    {
        try
        {
            // The program's name in brackets may hold anything; the state and the parent follow it.
            var stat = File.ReadAllText($"/proc/{child}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 4)..].Split(' ')[0], CultureInfo.InvariantCulture) == parent
                && File.ReadAllText($"/proc/{child}/cmdline").Contains("StableRep.Web.dll", StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
