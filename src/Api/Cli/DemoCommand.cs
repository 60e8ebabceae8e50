using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using StableRep.Engine.Evaluation;
using StableRep.Engine.Studies;

namespace StableRep.Api.Cli;

/// <summary>The verb <c>demo</c>.</summary>
internal static class DemoCommand
{
    private static readonly Dictionary<string, string> Titles = new()
    {
        ["generate"] = "Generating images of sample captions",
        ["train"] = "Training an encoder with StableRep",
        ["features"] = "Encoding the probe's images",
        ["probe"] = "Training the linear probe",
    };

    public static Command Create()
    {
        var folder = new Option<string?>("--folder") { Description = "Where everything is kept; 'demo' under the data folder without it. A demo that was stopped goes on where it was." };
        var generator = VerbRunner.GeneratorOption();
        var device = VerbRunner.DeviceOption();
        var seed = new Option<int>("--seed") { Description = "Decides captions, images, weights and probe.", DefaultValueFactory = _ => 0 };
        var command = new Command("demo", "In minutes: captions, images, StableRep training and a linear probe, beside a random encoder and raw pixels.")
        {
            folder, generator, device, seed,
        };
        command.SetVerb(async (parsed, cancellationToken) =>
        {
            var configuration = VerbRunner.Configuration();
            var clock = TimeProvider.System;
            var start = clock.GetTimestamp();
            var computeDevice = configuration.Device(parsed.GetValue(device));
            using var loaded = StudyGenerator.Load(configuration.GeneratorFolder(parsed.GetValue(generator)), computeDevice);
            var target = parsed.GetValue(folder) ?? configuration.StudioOptions().PathOf("demo");
            var demo = new Demo(new DemoOptions { Seed = parsed.GetValue(seed) }, target, loaded, computeDevice);
            var output = parsed.InvocationConfiguration.Output;
            var console = VerbRunner.ConsoleOn(output);
            var result = await StageBars.RunAsync(console, Titles, observer => demo.Run(observer, cancellationToken), cancellationToken);
            Show(console, output, result, clock.GetElapsedTime(start));
        });
        return command;
    }

    private static void Show(IAnsiConsole console, TextWriter output, DemoResult result, TimeSpan elapsed)
    {
        var table = new Table().AddColumn("encoder").AddColumn(new TableColumn("linear probe, top-1").RightAligned()).AddColumn("chosen classifier");
        void Row(string name, LinearProbeResult probe) =>
            table.AddRow(name, probe.Test.Top1.ToString("P1", CultureInfo.InvariantCulture), probe.Chosen.Name);
        Row("StableRep", result.StableRep);
        Row("the same, random init", result.RandomInit);
        Row("raw pixels", result.RawPixels);
        console.Write(table);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Images:N0} generated images; {result.StableRep.Test.Count:N0} test images of {result.Classes} classes, of which guessing gets {1.0 / result.Classes:P1}; {elapsed:m\\:ss} minutes."));
        output.WriteLine(result.StableRep.Rule);
        output.WriteLine($"Everything is in {result.Folder}");
    }
}
