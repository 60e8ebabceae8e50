using System.Diagnostics;
using StableRep.Engine.Diffusion;
using StableRep.Engine.Evaluation;
using StableRep.Engine.Images;
using StableRep.Engine.Runtime;
using StableRep.Engine.Scenes;
using static TorchSharp.torch;

namespace StableRep.Benchmarks.Recognition;

/// <summary>How well a generator draws what captions of scenes ask for, by guidance scale, as seen by a judge that knows renders alone.</summary>
internal static class RecognitionBenchmark
{
    /// <summary>What the judge must reach on renders that it never saw before its word counts.</summary>
    private const double EnoughAccuracy = 0.97;

    private const ulong CaptionSeed = 2;
    private const int GridRows = 12;

    public static int Run(ReadOnlySpan<string> arguments)
    {
        if (arguments.Contains("--help"))
        {
            Console.WriteLine(RecognitionOptions.Usage);
            return 0;
        }

        RecognitionOptions options;
        try
        {
            options = RecognitionOptions.Parse(arguments);
        }
        catch (FormatException exception)
        {
            Console.Error.WriteLine($"{exception.Message}\n\n{RecognitionOptions.Usage}");
            return 2;
        }

        TorchRuntime.Load();
        var device = ComputeDevice.Parse(options.Device);
        var file = options.Judge ?? Path.Combine("data", "benchmarks", $"judge-v{SceneRules.Version}-{options.JudgeSteps}.safetensors");
        using var judge = SceneJudge.Open(file, options.JudgeSteps, device.Torch, Console.WriteLine);
        var accuracy = judge.Test(3000);
        Console.WriteLine($"judge on 3000 unseen renders: object {accuracy.Class:P1}, colour {accuracy.Colour:P1}, texture {accuracy.Texture:P1}");
        if (accuracy.Class < EnoughAccuracy || accuracy.Colour < EnoughAccuracy)
        {
            Console.Error.WriteLine($"The judge needs {EnoughAccuracy:P0} in object and colour: train it longer with --judge-steps.");
            return 1;
        }

        if (options.Generator is { } folder) Measure(judge, folder, options, device);
        return 0;
    }

    private static void Measure(SceneJudge judge, string folder, RecognitionOptions options, ComputeDevice device)
    {
        var captions = Captions(options.Captions);
        using var generator = GeneratorFolder.Load(folder, device);
        Console.WriteLine($"{folder} on {device}: {captions.Length} captions, {options.Images} images each, {options.Steps} steps, sampler {options.Sampler ?? "its own"}");
        Console.WriteLine($"{"",-22} {"object",8} {"colour",8} {"both",8} {"texture",8} {"diversity",10} {"pixels",8} {"images/s",9}");
        var renders = captions.SelectMany((caption, i) => Enumerable.Range(0, options.Images)
            .Select(k => SceneRenderer.Render(SceneSampler.Sample(SceneSeeds.Of(SceneDomain.Real, CaptionSeed, i * 1000L + k), caption.Says), generator.ImageSize))).ToArray();
        Report("true renders", judge, captions, renders, null);
        Report("through autoencoder", judge, captions, RoundTrip(generator, renders), null);
        // Images of one caption resemble each other: the interval counts captions, not images.
        Console.WriteLine($"(a rate of 90% has a 95% interval of ±{1.96 * Math.Sqrt(0.09 / captions.Length):P1} or less)");
        var requests = ImageRequest.All([.. captions.Select(caption => caption.Text)], options.Images);
        var columns = new List<PixelImage[]>();
        var verdicts = new List<Verdict[]>();
        foreach (var scale in options.Scales)
        {
            var settings = new GenerationSettings
            {
                GuidanceScale = scale,
                Steps = options.Steps,
                Sampler = options.Sampler,
                BatchSize = options.Batch,
                Width = generator.ImageSize,
                Height = generator.ImageSize,
            };
            var clock = Stopwatch.StartNew();
            var images = new TextToImagePipeline(generator).Generate(requests, settings).Select(made => made.Image).ToArray();
            verdicts.Add(Report($"guidance {scale}", judge, captions, images, images.Length / clock.Elapsed.TotalSeconds));
            columns.Add(images);
        }

        ReportKinds(captions, options.Images, verdicts);
        if (options.Grid is { } grid) WriteGrid(grid, columns, options.Images, captions);
    }

    /// <summary>Captions that name an object and a colour, as many of each class.</summary>
    private static SceneCaption[] Captions(int count)
    {
        var quota = (count + SceneRules.ClassCount - 1) / SceneRules.ClassCount;
        var all = SceneCaptionSet.Create(Math.Max(400, count * 8), CaptionSeed, SceneDomain.JudgeTest).Captions;
        return [.. all.Where(caption => caption.Colour is not null).GroupBy(caption => caption.Class)
            .SelectMany(group => group.Take(quota).Select((caption, round) => (caption, round))).OrderBy(item => item.round).Take(count).Select(item => item.caption)];
    }

    private static Verdict[] Report(string name, SceneJudge judge, SceneCaption[] captions, PixelImage[] images, double? speed)
    {
        var each = images.Length / captions.Length;
        var (verdicts, features) = judge.Look(images);
        using (features)
        {
            var pairs = verdicts.Select((verdict, i) => (Verdict: verdict, Caption: captions[i / each])).ToArray();
            var textured = pairs.Where(pair => pair.Caption.Texture is not null).ToArray();
            using var sets = tensor(Enumerable.Range(0, images.Length).Select(i => (long)(i / each)).ToArray());
            var diversity = PositiveSetMeasures.Compute(features, sets).Diversity;
            Console.WriteLine(
                $"{name,-22} {Share(pairs, pair => pair.Verdict.Class == pair.Caption.Class),8:P1} {Share(pairs, pair => pair.Verdict.Colour == pair.Caption.Colour),8:P1} "
                + $"{Share(pairs, pair => pair.Verdict.Class == pair.Caption.Class && pair.Verdict.Colour == pair.Caption.Colour),8:P1} "
                + $"{Share(textured, pair => pair.Verdict.Texture == pair.Caption.Texture),8:P1} {diversity,10:F4} {PixelDiversity(images, each),8:F1} {speed,9:F2}");
        }

        return verdicts;
    }

    /// <summary>Where the object is recognised and where it is not, by what the captions say: a column a guidance scale.</summary>
    private static void ReportKinds(SceneCaption[] captions, int each, List<Verdict[]> verdicts)
    {
        (string Name, Func<ObjectDescription, bool> Has)[] kinds =
        [
            ("neither of these", main => main is { Texture: null or ObjectTexture.Plain, Size: not SizeBand.Small, Tilted: false }),
            ("a pattern", main => main.Texture is ObjectTexture.Striped or ObjectTexture.Dotted),
            ("small", main => main.Size is SizeBand.Small),
            ("tilted", main => main.Tilted),
        ];
        Console.WriteLine("object recognised where the caption speaks of");
        foreach (var (name, has) in kinds) ReportKind($"one object, {name}", caption => caption.Says.Objects.Count == 1 && has(caption.Says.Objects[0]));
        ReportKind("several objects", caption => caption.Says.Objects.Count > 1);
        foreach (var of in Enum.GetValues<ObjectClass>()) ReportKind($"a {of}".ToLowerInvariant(), caption => caption.Class == of);

        void ReportKind(string name, Func<SceneCaption, bool> has)
        {
            int[] of = [.. Enumerable.Range(0, captions.Length).Where(i => has(captions[i]))];
            int[] images = [.. of.SelectMany(i => Enumerable.Range(i * each, each))];
            Console.WriteLine($"{$"  {name} ({of.Length})",-40} {string.Join(' ', verdicts.Select(column => $"{Share(images, image => column[image].Class == captions[image / each].Class),7:P1}"))}");
        }
    }

    private static double Share<T>(T[] items, Func<T, bool> has) => items.Count(has) / (double)Math.Max(1, items.Length);

    /// <summary>The root mean square difference, in grey levels, of two pictures of one caption: the mean over pairs.</summary>
    private static double PixelDiversity(PixelImage[] images, int each)
    {
        var (sum, count) = (0.0, 0);
        for (var first = 0; first < images.Length; first += each)
        {
            for (var a = first; a < first + each; a++)
            {
                for (var b = a + 1; b < first + each; b++, count++)
                    sum += Math.Sqrt(images[a].Rgb.Zip(images[b].Rgb).Average(pair => (double)(pair.First - pair.Second) * (pair.First - pair.Second)));
            }
        }

        return sum / Math.Max(1, count);
    }

    /// <summary>What the generator's autoencoder makes of pictures: no image of the generator can be better than this.</summary>
    private static PixelImage[] RoundTrip(GeneratorFolder generator, PixelImage[] images)
    {
        using var mode = inference_mode();
        return [.. images.Chunk(32).SelectMany(chunk =>
        {
            using var scope = NewDisposeScope();
            var pixels = ImageTensors.ToFloats(chunk).to(generator.Device.Torch) * 2 - 1;
            var decoded = generator.Autoencoder.Decode(generator.Autoencoder.Encode(pixels).Mean);
            return ImageTensors.ToImages((decoded.to(float32) / 2 + 0.5f).clamp(0, 1));
        })];
    }

    private static void WriteGrid(string path, List<PixelImage[]> columns, int each, SceneCaption[] captions)
    {
        var rows = Math.Min(GridRows, captions.Length);
        var cells = Enumerable.Range(0, rows).SelectMany(row => columns.SelectMany(column => column.Skip(row * each).Take(Math.Min(each, 3)))).ToArray();
        File.WriteAllBytes(path, ImageCodec.Encode(ImageGrid.Compose(cells, columns.Count * Math.Min(each, 3)), ImageFormat.Png));
        for (var row = 0; row < rows; row++) Console.WriteLine($"row {row + 1}: {captions[row].Text}");
    }
}
