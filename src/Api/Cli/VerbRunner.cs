using System.CommandLine;
using StableRep.Api.Hosting;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Checkpoints.Hub;
using StableRep.Engine.Images;

namespace StableRep.Api.Cli;

/// <summary>What every verb needs: the node's configuration, and errors told as a sentence instead of a stack trace.</summary>
internal static class VerbRunner
{
    /// <summary>Sets what a verb does. Failures that a user can mend end it with code 1 and their message.</summary>
    public static void SetVerb(this Command command, Func<ParseResult, CancellationToken, Task> run) => command.SetAction(async (parsed, cancellationToken) =>
    {
        var error = parsed.InvocationConfiguration.Error;
        try
        {
            await run(parsed, cancellationToken);
            return 0;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await error.WriteLineAsync("Stopped.");
            return 130;
        }
        catch (Exception exception) when (
            exception is HubException or CheckpointException or FormatException or IOException or UnauthorizedAccessException or InvalidDataException
                or NotSupportedException or ArithmeticException or ShardException)
        {
            await error.WriteLineAsync($"error: {exception.Message}");
            return 1;
        }
    });

    /// <summary>appsettings.json beside the program, then the environment.</summary>
    public static IConfiguration Configuration() => new ConfigurationBuilder()
        .SetBasePath(AppContext.BaseDirectory)
        .AddJsonFile("appsettings.json", optional: true)
        .AddEnvironmentVariables()
        .Build();

    /// <summary>Where the node keeps things.</summary>
    public static StudioOptions StudioOptions(this IConfiguration configuration) =>
        configuration.GetSection(Hosting.StudioOptions.Section).Get<StudioOptions>() ?? new StudioOptions();

    /// <summary>The node's generators.</summary>
    public static GeneratorLibrary Generators(this IConfiguration configuration) => new(configuration.StudioOptions().PathOf("generators"));
}
