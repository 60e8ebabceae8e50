using System.Globalization;

namespace StableRep.Benchmarks.Recognition;

/// <summary>The arguments of the recognition benchmark.</summary>
internal sealed record RecognitionOptions
{
    public const string Usage =
        """
        usage: benchmarks recognition [GENERATOR_FOLDER] [--option value]...

        Trains a judge on renders, then counts how often it sees the captioned object and colour in the generator's images.
        Without a folder the judge alone is trained and tested.

          --captions 108          captions that name an object and a colour, as many of each class
          --images 4              images a caption
          --scales 1,2,3,4,6,8    guidance scales; 3 is the pocket generator's default
          --steps 15              denoising steps; the pocket generator's default
          --sampler NAME          the generator's own without it
          --batch 32              images at once
          --device auto           where the generator and the judge run
          --judge FILE            the judge's weights; trained and written there where they are missing
          --judge-steps 1500      the judge's training, 64 renders a step
          --grid FILE.png         a picture: a column a guidance scale, a row a caption
        """;

    public string? Generator { get; init; }

    public int Captions { get; init; } = 108;

    public int Images { get; init; } = 4;

    public IReadOnlyList<double> Scales { get; init; } = [1, 2, 3, 4, 6, 8];

    public int Steps { get; init; } = 15;

    public string? Sampler { get; init; }

    public int Batch { get; init; } = 32;

    public string Device { get; init; } = "auto";

    public string? Judge { get; init; }

    public int JudgeSteps { get; init; } = 1500;

    public string? Grid { get; init; }

    /// <exception cref="FormatException">An option is unknown, lacks its value, or the value is no number.</exception>
    public static RecognitionOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new RecognitionOptions();
        for (var i = 0; i < arguments.Length; i++)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal))
            {
                options = options with { Generator = arguments[i] };
                continue;
            }

            if (i + 1 == arguments.Length) throw new FormatException($"{arguments[i]} needs a value.");
            options = options.With(arguments[i], arguments[++i]);
        }

        return options;
    }

    private RecognitionOptions With(string option, string value) => option switch
    {
        "--captions" => this with { Captions = Whole(value) },
        "--images" => this with { Images = Whole(value) },
        "--scales" => this with { Scales = [.. value.Split(',').Select(scale => double.Parse(scale, CultureInfo.InvariantCulture))] },
        "--steps" => this with { Steps = Whole(value) },
        "--sampler" => this with { Sampler = value },
        "--batch" => this with { Batch = Whole(value) },
        "--device" => this with { Device = value },
        "--judge" => this with { Judge = value },
        "--judge-steps" => this with { JudgeSteps = Whole(value) },
        "--grid" => this with { Grid = value },
        _ => throw new FormatException($"There is no option {option}."),
    };

    private static int Whole(string value) => int.Parse(value, CultureInfo.InvariantCulture);
}
