using StableRep.Data.CaptionSets;
using StableRep.Data.Generators;
using StableRep.Engine.Diffusion;

namespace StableRep.Api.ImageSets;

/// <summary>What the settings of an image set may be: the one place for the API, pages, sweeps and previews.</summary>
internal static class ImageSetRules
{
    /// <summary>The largest guidance scale.</summary>
    public const double MaxGuidanceScale = 100;

    /// <summary>The most images of a caption.</summary>
    public const int MaxImagesPerPrompt = 1000;

    /// <summary>The most denoising steps.</summary>
    public const int MaxSteps = 1000;

    /// <summary>The longest negative prompt.</summary>
    public const int MaxNegativePrompt = 2000;

    /// <summary>The problem of each field, by its name in camel case.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="captions">Their caption set, or null when there is none.</param>
    /// <param name="generator">Their generator, or null when there is none.</param>
    public static Dictionary<string, string> Problems(ImageSetSettings settings, CaptionSet? captions, Generator? generator)
    {
        var problems = DrawingProblems(settings);
        if (captions is null)
        {
            problems["captionSetId"] = $"There is no caption set {settings.CaptionSetId}.";
        }
        else if (settings.CaptionCount is { } count && (count < 1 || count > captions.Count))
        {
            problems["captionCount"] = $"The caption count must be from 1 to the set's {captions.Count}.";
        }

        if (generator is null)
        {
            problems["generatorId"] = $"There is no generator {settings.GeneratorId}.";
        }

        return problems;
    }

    /// <summary>The problems of what decides how images are drawn, whatever they show.</summary>
    public static Dictionary<string, string> DrawingProblems(ImageSetSettings settings)
    {
        var problems = new Dictionary<string, string>();
        void Require(bool holds, string field, string problem)
        {
            if (!holds)
            {
                problems[field] = problem;
            }
        }

        Require(settings.GuidanceScale is >= 0 and <= MaxGuidanceScale, "guidanceScale", $"The guidance scale must be from 0 to {MaxGuidanceScale}.");
        Require(settings.GuidanceRescale is >= 0 and <= 1, "guidanceRescale", "The guidance rescale must be from 0 to 1.");
        Require(settings.ImagesPerPrompt is >= 1 and <= MaxImagesPerPrompt, "imagesPerPrompt", $"Images per prompt must be from 1 to {MaxImagesPerPrompt}.");
        Require(settings.Steps is >= 1 and <= MaxSteps, "steps", $"Steps must be from 1 to {MaxSteps}.");
        Require(
            settings.NegativePrompt.Length <= MaxNegativePrompt && !settings.NegativePrompt.Contains('\0', StringComparison.Ordinal),
            "negativePrompt",
            $"The negative prompt must be text of at most {MaxNegativePrompt} characters.");
        Require(
            settings.Sampler is null || SchedulerFactory.Samplers.Contains(settings.Sampler),
            "sampler",
            $"The sampler must be one of {string.Join(", ", SchedulerFactory.Samplers)}.");
        return problems;
    }
}
