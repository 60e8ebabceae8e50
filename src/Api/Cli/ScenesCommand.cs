using System.CommandLine;
using System.Globalization;
using StableRep.Engine.Images;
using StableRep.Engine.Scenes;

namespace StableRep.Api.Cli;

/// <summary>The verbs <c>scenes captions</c>, <c>scenes render</c> and <c>scenes export</c>.</summary>
internal static class ScenesCommand
{
    private const string RealSet = "scenes-real";

    public static Command Create() => new("scenes", "The drawn world that the pocket generator and the first experiments are made of.")
    {
        Captions(),
        Render(),
        Export(),
    };

    private static Command Captions()
    {
        var count = Positive("--count", 1000, "How many captions.");
        var seed = Seed();
        var output = new Argument<FileInfo>("file") { Description = "The text file to write, a caption a line." };
        var command = new Command("captions", "Write a sample caption set.") { output, count, seed };
        command.SetVerb(async (parsed, _) =>
        {
            var file = parsed.GetRequiredValue(output);
            SceneCaptionSet.Create(parsed.GetValue(count), parsed.GetValue(seed)).Write(file.FullName);
            await parsed.InvocationConfiguration.Output.WriteLineAsync($"{parsed.GetValue(count)} captions in {file.FullName}");
        });
        return command;
    }

    private static Command Render()
    {
        var count = Positive("--count", 144, "How many pictures.");
        var columns = Positive("--columns", 12, "Pictures a row.");
        var size = Positive("--size", 64, "Width and height of a picture in pixels.");
        var of = new Option<ObjectClass?>("--class") { Description = "Only pictures of this object, such as Fish." };
        var seed = Seed();
        var output = new Argument<FileInfo>("file") { Description = "The PNG file to write." };
        var command = new Command("render", "Draw a contact sheet.") { output, count, columns, size, of, seed };
        command.SetVerb(async (parsed, cancellationToken) =>
        {
            var said = parsed.GetValue(of) is { } wanted ? new SceneDescription { Objects = [new ObjectDescription { Class = wanted }] } : SceneDescription.Anything;
            var images = Enumerable.Range(0, parsed.GetValue(count)).Select(i => SceneRenderer.Render(
                SceneSampler.Sample(SceneSeeds.Of(SceneDomain.Captions, parsed.GetValue(seed), i), said), parsed.GetValue(size))).ToArray();
            var file = parsed.GetRequiredValue(output);
            file.Directory?.Create();
            await File.WriteAllBytesAsync(
                file.FullName, ImageCodec.Encode(ImageGrid.Compose(images, parsed.GetValue(columns)), ImageFormat.Png), cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync($"{images.Length} pictures in {file.FullName}");
        });
        return command;
    }

    private static Command Export()
    {
        var name = new Argument<string>("name") { Description = $"{string.Join(", ", SceneProbes.Names)} (a folder per class) or {RealSet} (WebDataset shards)." };
        name.AcceptOnlyFromAmong([.. SceneProbes.Names, RealSet]);
        var folder = new Argument<DirectoryInfo>("folder") { Description = "The folder to write to." };
        var train = Positive("--train", 3600, "Training images of a probe dataset.");
        var test = Positive("--test", 1800, "Test images of a probe dataset.");
        var captions = Positive("--captions", 1000, $"Captions of {RealSet}.");
        var images = Positive("--images", 1, $"True renders of each caption of {RealSet}.");
        var size = Positive("--size", 64, "Width and height of a picture in pixels.");
        var seed = Seed();
        var command = new Command("export", "Write a labelled dataset, or a real image set, for use elsewhere.") { name, folder, train, test, captions, images, size, seed };
        command.SetVerb(async (parsed, cancellationToken) =>
        {
            var target = parsed.GetRequiredValue(folder).FullName;
            var (dataset, pixels) = (parsed.GetRequiredValue(name), parsed.GetValue(size));
            if (dataset == RealSet)
            {
                var set = SceneCaptionSet.Create(parsed.GetValue(captions), parsed.GetValue(seed));
                new RealSceneSet(set, parsed.GetValue(images), parsed.GetValue(seed), pixels).WriteShards(target, cancellation: cancellationToken);
            }
            else
            {
                var attribute = Enum.GetValues<SceneAttribute>().Single(attribute => SceneProbes.NameOf(attribute) == dataset);
                SceneProbes.Export(SceneProbes.Create(attribute, parsed.GetValue(train), parsed.GetValue(test), parsed.GetValue(seed), pixels), target, cancellationToken);
            }

            await parsed.InvocationConfiguration.Output.WriteLineAsync($"{dataset} in {target}");
        });
        return command;
    }

    private static Option<ulong> Seed() => new("--seed") { Description = "Any number; 0 without it." };

    private static Option<int> Positive(string name, int fallback, string description)
    {
        var option = new Option<int>(name) { Description = string.Create(CultureInfo.InvariantCulture, $"{description} {fallback} without it."), DefaultValueFactory = _ => fallback };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, CultureInfo.InvariantCulture, out var value) && value < 1)
                result.AddError($"{name} must be 1 or more.");
        });
        return option;
    }
}
