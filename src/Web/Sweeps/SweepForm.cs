using StableRep.Api.Sweeps;
using StableRep.Data.Experiments;
using StableRep.Engine.Training;
using StableRep.Web.Experiments;

namespace StableRep.Web.Sweeps;

/// <summary>What a person has chosen so far of a new sweep: the form of one experiment, which all share, and the axes that vary some of it.</summary>
internal sealed class SweepForm
{
    /// <summary>What all experiments share; a value that an axis varies has no effect.</summary>
    public ExperimentForm Shared { get; private init; } = new() { Name = "Sweep" };

    /// <summary>What varies.</summary>
    public SweepAxes Axes { get; private set; } = new() { GuidanceScale = "1-5 (+1)", TrainingSeed = "0-2" };

    /// <summary>Whether all see the same number of images, see <see cref="NewSweep.EqualImagesSeen"/>.</summary>
    public bool EqualImagesSeen { get; set; } = true;

    /// <summary>The form of a sweep that there is, to make another one like it.</summary>
    public static SweepForm Of(NewSweep original) => new()
    {
        Shared = new ExperimentForm
        {
            Name = original.Name,
            Tags = string.Join(", ", original.Tags),
            Priority = original.Priority,
            Images = original.Images,
            Recipe = original.Recipe,
            Probes = original.Probes,
        },
        Axes = original.Axes,
        EqualImagesSeen = original.EqualImagesSeen,
    };

    /// <summary>The form with one experiment's settings.</summary>
    public static SweepForm Of(Experiment original)
    {
        var shared = ExperimentForm.Of(original);
        (shared.Name, shared.Tags, shared.Notes, shared.Priority) = ("Sweep", "", "", 0);
        return new SweepForm { Shared = shared };
    }

    /// <summary>The request for the API and its service.</summary>
    public NewSweep ToRequest()
    {
        var shared = Shared.ToRequest();
        return new NewSweep
        {
            Name = shared.Name,
            Axes = Axes,
            Images = shared.Images,
            Recipe = shared.Recipe,
            Probes = shared.Probes,
            EqualImagesSeen = EqualImagesSeen,
            Priority = shared.Priority,
            Tags = shared.Tags,
        };
    }

    /// <summary>What is written of an axis.</summary>
    public string Written(SweepAxis axis) => axis.Written(Axes) ?? "";

    /// <summary>Whether an axis varies a value.</summary>
    public bool Varies(string axis) => Written(SweepAxis.Named(axis)).Length > 0;

    /// <summary>Whether an experiment of the sweep learns from captions; true while the methods that are written cannot be read.</summary>
    public bool UsesText
    {
        get
        {
            var axis = SweepAxis.Named("method");
            try
            {
                return (Varies(axis.Name) ? axis.Parse(Written(axis)) : [Shared.Recipe.Method]).Any(TrainingMethods.UsesText);
            }
            catch (AxisSyntaxException)
            {
                return true;
            }
        }
    }

    /// <summary>Writes an axis.</summary>
    public void Write(SweepAxis axis, string? text)
    {
        var value = string.IsNullOrWhiteSpace(text) ? null : text;
        Axes = axis.Name switch
        {
            "guidanceScale" => Axes with { GuidanceScale = value },
            "imagesPerPrompt" => Axes with { ImagesPerPrompt = value },
            "method" => Axes with { Method = value },
            "sampler" => Axes with { Sampler = value },
            "steps" => Axes with { Steps = value },
            "epochs" => Axes with { Epochs = value },
            "baseLearningRate" => Axes with { BaseLearningRate = value },
            "imageSeed" => Axes with { ImageSeed = value },
            _ => Axes with { TrainingSeed = value },
        };
    }
}
