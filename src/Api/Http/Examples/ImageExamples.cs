using System.Text.Json;
using StableRep.Api.Generators;
using StableRep.Api.ImageSets;
using StableRep.Api.Playground;
using StableRep.Api.Probes;
using StableRep.Api.Storage;
using StableRep.Data;

namespace StableRep.Api.Http.Examples;

/// <summary>Examples of generators, images and what else lies on the disk.</summary>
internal static class ImageExamples
{
    private const string Repository = "stable-diffusion-v1-5/stable-diffusion-v1-5";

    /// <summary>One object of each type.</summary>
    public static IEnumerable<object> All =>
    [
        new NewPull { Repository = Repository, Name = "sd-1-5", Variant = "fp16" },
        new GeneratorPullProgress
        {
            Id = ExampleThings.Other,
            Repository = Repository,
            Revision = "main",
            Name = "sd-1-5",
            State = GeneratorPullState.Running,
            File = "unet/diffusion_pytorch_model.fp16.safetensors",
            Bytes = 412_000_000,
            Size = 2_740_000_000,
            BytesPerSecond = 38_500_000,
            StartedAt = ExampleThings.At,
        },
        new GeneratorView(
            ExampleThings.Generator, "pocket", ExampleThings.Sha256, "bundled", 64, JsonSerializer.SerializeToElement(new { scheduler = new { prediction_type = "epsilon" } }), ExampleThings.At),
        new ImageSetView
        {
            Id = ExampleThings.ImageSet,
            CaptionSetId = ExampleThings.Captions,
            CaptionSet = "CC3M",
            GeneratorId = ExampleThings.Generator,
            Generator = "pocket",
            GuidanceScale = 2,
            ImagesPerPrompt = 4,
            Sampler = "ddim",
            Steps = 25,
            Seed = 0,
            NegativePrompt = "",
            GuidanceRescale = 0,
            CaptionCount = 1000,
            Images = 4000,
            ImagesDone = 1024,
            Shards = 16,
            ShardsDone = 4,
            Experiments = 1,
            CreatedAt = ExampleThings.At,
        },
        new SetImageView { Id = 7, CaptionIndex = 1, ImageIndex = 3, Caption = ExampleThings.Caption, Seed = 0, Bytes = 6120 },
        new ShardView { Index = 0, State = WorkState.Done, FirstCaption = 0, CaptionCount = 64, Bytes = 1_658_880, Seconds = 115.7, FinishedAt = ExampleThings.At.AddMinutes(3) },
        new NewPreview { GeneratorId = ExampleThings.Generator, Prompts = [new PreviewPrompt(ExampleThings.Caption)], GuidanceScales = [1, 2, 7.5], Seeds = [0, 1] },
        new DatasetUploadForm { File = ExampleThings.File("flowers.zip"), Name = "flowers" },
        new ProbeDatasetView("flowers", false, ["daisy", "rose", "tulip"], 1020, 612, 0, new ProbeDatasetProblems(1632, 0, []), null),
        new StorageApi.Reclaim([StorageKind.UnusedImageSets, StorageKind.OldPreviews]),
        new StorageUse(StorageKind.OldPreviews, 12, 4_300_000),
    ];
}
