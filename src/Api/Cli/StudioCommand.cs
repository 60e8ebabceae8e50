using System.CommandLine;
using Microsoft.Extensions.Options;
using StableRep.Api.Configuration;
using StableRep.Data.Hosting;

namespace StableRep.Api.Cli;

/// <summary>The program's command line: a verb, or none to start the node.</summary>
public static class StudioCommand
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Runs the verb that the arguments name; without one, starts the node with them as its configuration.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="startNode">Starts the node and ends with it.</param>
    /// <returns>The process's exit code: 0 when it went well, 1 when not, 130 when it was stopped.</returns>
    public static async Task<int> RunAsync(string[] args, Func<string[], Task> startNode)
    {
        var root = Create();
        var first = args.FirstOrDefault();
        var isConfiguration = first is null || first.Contains('=') || (first.StartsWith('-') && first is not ("-h" or "-?" or "--help" or "--version"));
        if (isConfiguration)
        {
            return await StartAsync(args, startNode);
        }

        // A stop comes through when the step in progress is done and written.
        return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = StopTimeout });
    }

    private static async Task<int> StartAsync(string[] args, Func<string[], Task> startNode)
    {
        try
        {
            await startNode(args);
            return 0;
        }
        catch (Exception exception) when (exception is SettingsException or OptionsValidationException or PostgresUnavailableException)
        {
            await Console.Error.WriteLineAsync($"error: {exception.Message}");
            return 1;
        }
    }

    /// <summary>Every verb.</summary>
    internal static RootCommand Create() => new(
        "StableRep Studio. Without a verb it starts the node; keys of appsettings.json may follow, such as --Studio:Roles web.")
    {
        StudyCommand.Create(),
        GeneratorsCommand.Create(),
        ScenesCommand.Create(),
        ConfigurationCommand.Create(),
        BackupCommand.CreateBackup(),
        BackupCommand.CreateRestore(),
    };
}
