using System.Diagnostics;
using System.Reflection;
using Microsoft.Extensions.Options;
using StableRep.Api.Configuration;

namespace StableRep.Api.Hosting;

/// <summary>
/// Runs the node's jobs in a process of their own and starts it again when it ends, so that a crash of native code or the kernel's memory
/// killer never takes the pages down.
/// </summary>
internal sealed partial class WorkerSupervisor(
    StudioDatabase database, IConfiguration configuration, IOptions<StudioOptions> options, TimeProvider clock, ILogger<WorkerSupervisor> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            using var worker = Process.Start(StartInfo()) ?? throw new InvalidOperationException("The worker process does not start.");
            LogStarted(worker.Id);
            try
            {
                await worker.WaitForExitAsync(stoppingToken);
                LogEnded(worker.ExitCode);
                await Task.Delay(Pause, clock, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                await StopAsync(worker);
            }
        }
    }

    private async Task StopAsync(Process worker)
    {
        // The worker stops when its standard input ends, also when this process is killed.
        worker.StandardInput.Close();
        using var patience = new CancellationTokenSource(options.Value.Shutdown * 0.9);
        try
        {
            await worker.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            worker.Kill(entireProcessTree: true);
        }
    }

    private ProcessStartInfo StartInfo()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(Assembly.GetEntryAssembly()!.Location);
        }

        // Everything goes by the environment, also what was on our command line: a command line is visible to every user of the machine.
        foreach (var (key, value) in StudioSettings.Values(configuration))
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        start.Environment["ConnectionStrings__Studio"] = database.ConnectionString;
        start.Environment["Studio__Roles"] = "worker";
        start.Environment["Studio__DataFolder"] = Path.GetFullPath(options.Value.DataFolder);
        start.Environment["Logging__LogLevel__Microsoft.Hosting.Lifetime"] = "Warning";
        start.Environment[ParentWatch.Variable] = "1";
        return start;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Started the worker process {ProcessId}.")]
    private partial void LogStarted(int processId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The worker process ended with status {Status}: starting another.")]
    private partial void LogEnded(int status);
}
