using Npgsql;
using StableRep.Engine.Checkpoints;

namespace StableRep.Api.Generators;

/// <summary>Enters the generators that are on this node into the store when it starts.</summary>
internal sealed partial class GeneratorScan(GeneratorService generators, ILogger<GeneratorScan> logger) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await generators.RefreshAsync(stoppingToken);
        }
        catch (Exception exception) when (exception is CheckpointException or IOException or InvalidOperationException or NpgsqlException)
        {
            LogUnreadable(exception);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A generator on this node cannot be read.")]
    private partial void LogUnreadable(Exception exception);
}
