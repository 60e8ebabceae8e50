using StableRep.Api.CaptionSets;
using StableRep.Data.CaptionSets;

namespace StableRep.Api.Http.Examples;

/// <summary>Examples of caption sets.</summary>
internal static class CaptionExamples
{
    private const string File = "Train_GCC-training.tsv";
    private static readonly ListedProblem Problem = new(17, CaptionProblemKind.Duplicate, ExampleThings.Caption);

    /// <summary>One object of each type.</summary>
    public static IEnumerable<object> All =>
    [
        new CaptionUploadForm { File = ExampleThings.File(File), Name = "CC3M", Column = "0" },
        new CaptionImport { Path = "/srv/captions/" + File, Name = "CC3M" },
        new CaptionSetEdit { Name = "CC3M, training" },
        new CaptionSetView
        {
            Id = ExampleThings.Captions,
            Name = "CC3M",
            Sha256 = ExampleThings.Sha256,
            Count = 3_318_333,
            SourceName = File,
            Format = "tsv",
            Column = "0",
            EmptyCount = 0,
            DuplicateCount = 241_082,
            OverLongCount = 0,
            OwnerId = ExampleThings.Person,
            Owner = "Ada Lovelace",
            CreatedAt = ExampleThings.At,
        },
        new CaptionPreview(CaptionFormat.Tsv, "0", 3_318_333, 0, 241_082, 0, 0, [ExampleThings.Caption], [Problem], ExampleThings.Sha256, null) { Columns = ["0", "1"] },
        new CaptionView { Index = 0, Text = ExampleThings.Caption },
        Problem,
    ];
}
