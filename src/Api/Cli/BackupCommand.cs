using System.CommandLine;
using StableRep.Api.Backups;

namespace StableRep.Api.Cli;

/// <summary>The verbs <c>backup</c> and <c>restore</c>.</summary>
internal static class BackupCommand
{
    public static Command CreateBackup()
    {
        var folder = new Argument<string>("folder") { Description = "A new or empty folder, or an earlier backup, which is brought up to date." };
        var command = new Command("backup", "Write the database, the artifacts that it refers to, generators and probe datasets into a folder. Nodes may run.") { folder };
        command.SetVerb(async (parsed, cancellationToken) =>
        {
            var (output, target) = (parsed.InvocationConfiguration.Output, Path.GetFullPath(parsed.GetRequiredValue(folder)));
            await using var place = await BackupPlace.OpenAsync(VerbRunner.Configuration(), cancellationToken);
            var manifest = await new StudioBackup(place, TimeProvider.System).WriteAsync(target, output.WriteLine, cancellationToken);
            await output.WriteLineAsync($"{Describe(manifest)} in {target}");
        });
        return command;
    }

    public static Command CreateRestore()
    {
        var folder = new Argument<string>("folder") { Description = "A folder that 'backup' wrote." };
        var force = new Option<bool>("--force") { Description = "Replace the studio that is in the database, and files of the same names." };
        var command = new Command("restore", "Bring a backup back into the database and stores of the configuration. Stop every node first.") { folder, force };
        command.SetVerb(async (parsed, cancellationToken) =>
        {
            var (output, source) = (parsed.InvocationConfiguration.Output, Path.GetFullPath(parsed.GetRequiredValue(folder)));
            await using var place = await BackupPlace.OpenAsync(VerbRunner.Configuration(), cancellationToken);
            var manifest = await new StudioRestore(place).ReadAsync(source, parsed.GetValue(force), output.WriteLine, cancellationToken);
            await output.WriteLineAsync($"Restored {Describe(manifest)} of {manifest.CreatedAt:u}. The next node that starts brings the schema up to date.");
        });
        return command;
    }

    private static string Describe(BackupManifest manifest) =>
        $"the database, {manifest.Artifacts.Count:N0} artifacts and {manifest.Files.Count:N0} files ({(manifest.Artifacts.Sum(file => file.Length) + manifest.Files.Sum(file => file.Length) + manifest.Dump.Length) / 1e6:0.0} MB)";
}
