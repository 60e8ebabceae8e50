using System.CommandLine;
using StableRep.Api.Configuration;

namespace StableRep.Api.Cli;

/// <summary>The verb <c>configuration</c>.</summary>
internal static class ConfigurationCommand
{
    public static Command Create()
    {
        var command = new Command("configuration", "Write the reference of every key of the configuration, as Markdown.");
        command.SetVerb((parsed, _) => parsed.InvocationConfiguration.Output.WriteAsync(ConfigurationReference.Write()));
        return command;
    }
}
