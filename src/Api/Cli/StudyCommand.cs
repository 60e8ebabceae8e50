using System.CommandLine;
using System.Globalization;
using System.Reflection;
using Spectre.Console;
using StableRep.Engine.Studies;

namespace StableRep.Api.Cli;

/// <summary>The verb <c>study</c>.</summary>
internal static class StudyCommand
{
    private static readonly Dictionary<string, string> Titles = new()
    {
        ["cells"] = "Study",
        ["generate"] = "Generating images",
        ["train"] = "Training",
        ["probe"] = "Probing",
    };

    public static Command Create()
    {
        var names = StudyScale.All.Select(scale => scale.Name).ToArray();
        var scale = new Option<string>("--scale") { Description = $"{string.Join(", ", names)}: minutes, an hour or an afternoon on two cores, a GPU.", DefaultValueFactory = _ => "small" };
        scale.AcceptOnlyFromAmong(names);
        var folder = new Option<string?>("--folder") { Description = "Where image sets and results are kept; 'study' under the data folder without it." };
        var report = new Option<string>("--report") { Description = "The folder of the report.", DefaultValueFactory = _ => Path.Combine("docs", "study") };
        var generator = VerbRunner.GeneratorOption();
        var device = VerbRunner.DeviceOption();
        var planOnly = new Option<bool>("--plan") { Description = "Show what is to do and how long it will take, and do nothing." };
        var reportOnly = new Option<bool>("--report-only") { Description = "Write the report of what is done." };
        var command = new Command("study", "The paper's claims on scenes: guidance scale, images per prompt, methods. What is done is kept; the same command goes on.")
        {
            scale, folder, report, generator, device, planOnly, reportOnly,
        };
        command.SetVerb(async (parsed, cancellationToken) =>
        {
            var configuration = VerbRunner.Configuration();
            var output = parsed.InvocationConfiguration.Output;
            var console = VerbRunner.ConsoleOn(output);
            var computeDevice = configuration.Device(parsed.GetValue(device));
            using var loaded = StudyGenerator.Load(configuration.GeneratorFolder(parsed.GetValue(generator)), computeDevice);
            var target = parsed.GetValue(folder) ?? configuration.StudioOptions().PathOf("study");
            var study = new Study(StudyScale.Named(parsed.GetRequiredValue(scale)), target, loaded, computeDevice);
            if (!parsed.GetValue(reportOnly))
            {
                await ShowPlanAsync(console, output, study, cancellationToken);
                if (parsed.GetValue(planOnly))
                {
                    return;
                }

                await RunAsync(console, study, cancellationToken);
            }

            var place = Path.GetFullPath(parsed.GetRequiredValue(report));
            new StudyReport(study, Version()).Write(place);
            await output.WriteLineAsync($"The report is in {place}");
        });
        return command;
    }

    private static async Task ShowPlanAsync(IAnsiConsole console, TextWriter output, Study study, CancellationToken cancellation)
    {
        var progress = study.Progress();
        var table = new Table().AddColumn("").AddColumn(new TableColumn("in all").RightAligned()).AddColumn(new TableColumn("to do").RightAligned());
        table.AddRow("images to generate", Number(progress.Images), Number(progress.ImagesLeft));
        table.AddRow("training runs and probes", Number(progress.Cells), Number(progress.CellsLeft));
        table.AddRow("batches of training", Number((long)progress.Cells * study.Scale.Steps), Number((long)progress.CellsLeft * study.Scale.Steps));
        console.Write(table);
        if (progress.CellsLeft > 0)
        {
            var pace = await Task.Run(() => study.Measure(cancellation), cancellation);
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{pace.ImagesPerSecond:F1} images/s, {pace.StepsPerSecond:F1} batches/s here: about {Hours(study.Estimate(pace))}. It may be stopped at any time; the same command goes on."));
        }
    }

    private static Task RunAsync(IAnsiConsole console, Study study, CancellationToken cancellation) => StageBars.RunAsync(
        console,
        Titles,
        bars => Task.Run(
            () => study.Run(
                bars,
                (cell, result) => console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cell.Name}: {result.Probes.Linear!.Test.Top1:P1}")),
                cancellation),
            cancellation));

    private static string Hours(TimeSpan time) => time.TotalMinutes < 90
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, time.TotalMinutes):F0} minutes")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:F1} hours");

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Version() =>
        typeof(Study).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
