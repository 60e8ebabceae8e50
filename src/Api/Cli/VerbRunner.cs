using System.CommandLine;
using Npgsql;
using Spectre.Console;
using StableRep.Api.Backups;
using StableRep.Api.Configuration;
using StableRep.Api.Hosting;
using StableRep.Data.Hosting;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Checkpoints.Hub;
using StableRep.Engine.Images;
using StableRep.Engine.Runtime;

namespace StableRep.Api.Cli;

/// <summary>What every verb needs: the node's configuration, and errors told as a sentence instead of a stack trace.</summary>
internal static class VerbRunner
{
    private const string PocketGenerator = "pocket";
    private const string ModelIndex = "model_index.json";

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
                or NotSupportedException or ArithmeticException or ShardException or BackupException or PostgresUnavailableException or NpgsqlException)
        {
            await error.WriteLineAsync($"error: {exception.Message}");
            return 1;
        }
    });

    /// <summary>appsettings.json beside the program, then the environment.</summary>
    /// <exception cref="SettingsException">A key is unknown or has a wrong value.</exception>
    public static IConfiguration Configuration()
    {
        var configuration = new ConfigurationBuilder()
            .SetBasePath(AppContext.BaseDirectory)
            .AddJsonFile("appsettings.json", optional: true)
            .AddEnvironmentVariables()
            .Build();
        StudioSettings.Check(configuration);
        return configuration;
    }

    /// <summary>Where the node keeps things.</summary>
    public static StudioOptions StudioOptions(this IConfiguration configuration) =>
        configuration.GetSection(Hosting.StudioOptions.Section).Get<StudioOptions>() ?? new StudioOptions();

    /// <summary>The node's generators.</summary>
    public static GeneratorLibrary Generators(this IConfiguration configuration) => new(configuration.StudioOptions().PathOf("generators"));

    /// <summary>The option that names a generator.</summary>
    public static Option<string?> GeneratorOption() => new("--generator") { Description = "A generator's name here or its folder; the pocket generator without it." };

    /// <summary>The option that names a device.</summary>
    public static Option<string?> DeviceOption() => new("--device") { Description = "cpu, cuda, cuda:N or auto; Engine:Device without it." };

    /// <summary>The device to compute on, with the configuration's precision and threads.</summary>
    public static ComputeDevice Device(this IConfiguration configuration, string? name)
    {
        var options = configuration.GetSection(EngineOptions.Section).Get<EngineOptions>() ?? new EngineOptions();
        TorchRuntime.Load(options.Threads);
        if (TorchRuntime.Notice is { } notice)
        {
            Console.Error.WriteLine($"note: {notice}");
        }

        return ComputeDevice.Parse(name ?? options.Device, options.Precision);
    }

    /// <summary>The folder of a generator by its name or path; without either that of the pocket generator, which comes with the program.</summary>
    /// <exception cref="CheckpointException">There is no such generator; the message says which there are.</exception>
    public static string GeneratorFolder(this IConfiguration configuration, string? nameOrFolder)
    {
        var bundled = Path.Combine(AppContext.BaseDirectory, "assets", PocketGenerator);
        if (nameOrFolder is null or PocketGenerator && File.Exists(Path.Combine(bundled, ModelIndex)))
        {
            return bundled;
        }

        if (nameOrFolder is not null && File.Exists(Path.Combine(nameOrFolder, ModelIndex)))
        {
            return nameOrFolder;
        }

        var library = configuration.Generators();
        var wanted = nameOrFolder ?? PocketGenerator;
        return library.List().FirstOrDefault(generator => generator.Name == wanted)?.Path ?? throw new CheckpointException(
            $"There is no generator '{wanted}': neither a folder with {ModelIndex} nor one of [{string.Join(", ", library.List().Select(generator => generator.Name))}] " +
            $"in {library.Folder}. Fetch one with 'generators pull' or train one with 'generators train'.");
    }

    /// <summary>The terminal behind a verb's output.</summary>
    public static IAnsiConsole ConsoleOn(TextWriter output) => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
}
