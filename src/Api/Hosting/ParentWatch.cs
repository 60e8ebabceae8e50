namespace StableRep.Api.Hosting;

/// <summary>Stops a worker process when the process that started it is gone, which ends its standard input.</summary>
internal sealed class ParentWatch(IHostApplicationLifetime lifetime) : BackgroundService
{
    /// <summary>Set in the environment of a supervised worker.</summary>
    public const string Variable = "STABLEREP_SUPERVISED";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
        {
            return;
        }

        await using var input = Console.OpenStandardInput();
        var buffer = new byte[1];
        while (await input.ReadAsync(buffer, stoppingToken) > 0)
        {
        }

        lifetime.StopApplication();
    }
}
