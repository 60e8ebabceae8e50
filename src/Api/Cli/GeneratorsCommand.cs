using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using StableRep.Api.Generators;
using StableRep.Engine.Checkpoints.Hub;
using StableRep.Engine.Diffusion.Training;

namespace StableRep.Api.Cli;

/// <summary>The verbs <c>generators pull</c>, <c>list</c>, <c>train</c> and <c>widen</c>.</summary>
internal static class GeneratorsCommand
{
    public static Command Create() => new("generators", "Text-to-image checkpoints of this node.")
    {
        Pull(),
        List(),
        GeneratorsTrainCommand.Create(),
        Widen(),
    };

    private static Command Pull()
    {
        var repository = new Argument<string>("repository") { Description = "OWNER/NAME, or the address of a repository's page." };
        var name = new Option<string?>("--name") { Description = "The generator's name here; the repository's without it." };
        var revision = new Option<string?>("--revision") { Description = "A branch, tag or commit; main without it." };
        var variant = new Option<string?>("--variant") { Description = "The variant of the weights, such as fp16; the plain weights without it." };
        var hub = new Option<string?>("--hub") { Description = "The hub's address (Hub:BaseAddress, HF_ENDPOINT); huggingface.co without it." };
        var token = new Option<string?>("--token") { Description = "An access token (Hub:Token, HF_TOKEN). Better in the environment: a command line is visible to others." };
        var replace = new Option<bool>("--replace") { Description = "Exchange a generator of the same name, once the new one is complete." };
        var command = new Command("pull", "Fetch a generator from a hub. A pull that was stopped goes on where it was.")
        {
            repository, name, revision, variant, hub, token, replace,
        };
        command.SetVerb(async (parsed, cancellationToken) =>
        {
            var configuration = VerbRunner.Configuration();
            var wanted = HubRepository.Parse(parsed.GetRequiredValue(repository), parsed.GetValue(revision));
            var options = configuration.HubOptions(parsed.GetValue(hub)).For(wanted);
            if (parsed.GetValue(token) is { } given)
            {
                options = options with { Token = given };
            }

            using var client = new HubClient(options, TimeProvider.System);
            var pull = new GeneratorPull(client, configuration.Generators());
            var output = parsed.InvocationConfiguration.Output;
            var generator = await VerbRunner.ConsoleOn(output).Progress()
                .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
                .StartAsync(progress =>
                {
                    var task = progress.AddTask(Markup.Escape(wanted.Id));
                    return pull.RunAsync(
                        wanted, parsed.GetValue(name), parsed.GetValue(variant), parsed.GetValue(replace), new PullBar(task), cancellationToken);
                });
            await output.WriteLineAsync($"{generator.Name}: {Size(generator.Bytes)} in {generator.Path}");
        });
        return command;
    }

    private static Command Widen()
    {
        var folder = new Argument<string>("folder") { Description = "A generator's folder." };
        var output = new Option<string>("--out") { Description = "The folder of the widened generator; it must not exist.", Required = true };
        var seed = new Option<ulong>("--seed") { Description = "Decides how the copies of a channel differ.", DefaultValueFactory = _ => 1 };
        var command = new Command("widen", "Double the channels of a generator's UNet without changing what it draws, to train it on.") { folder, output, seed };
        command.SetVerb((parsed, cancellationToken) => Task.Run(
            () => UNetWidening.Widen(parsed.GetRequiredValue(folder), parsed.GetRequiredValue(output), parsed.GetValue(seed)), cancellationToken));
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "Show the generators that are here.");
        command.SetVerb((parsed, _) =>
        {
            var library = VerbRunner.Configuration().Generators();
            var output = parsed.InvocationConfiguration.Output;
            var generators = library.List();
            if (generators.Count == 0)
            {
                output.WriteLine($"No generators in {library.Folder}. Fetch one: generators pull OWNER/NAME");
                return Task.CompletedTask;
            }

            var table = new Table().AddColumns("name", "size", "from");
            foreach (var generator in generators)
            {
                var from = generator.Source is { } source ? $"{source.Repository} {source.Commit?[..Math.Min(8, source.Commit.Length)]} {source.Variant}".TrimEnd() : "";
                table.AddRow(Markup.Escape(generator.Name), Size(generator.Bytes), Markup.Escape(generator.Problem ?? from));
            }

            VerbRunner.ConsoleOn(output).Write(table);
            return Task.CompletedTask;
        });
        return command;
    }

    private static string Size(long bytes) => string.Create(
        CultureInfo.InvariantCulture, $"{(bytes >= 1e9 ? bytes / 1e9 : bytes / 1e6):0.0} {(bytes >= 1e9 ? "GB" : "MB")}");

    private sealed class PullBar(ProgressTask task) : IProgress<PullProgress>
    {
        public void Report(PullProgress value)
        {
            task.MaxValue = Math.Max(1, value.TotalSize);
            task.Value = value.TotalBytes;
        }
    }
}
