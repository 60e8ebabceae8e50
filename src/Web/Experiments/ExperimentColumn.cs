using Microsoft.AspNetCore.Components;
using StableRep.Api.Experiments;
using StableRep.Web.Shared;

namespace StableRep.Web.Experiments;

/// <summary>A column of the table of experiments.</summary>
/// <param name="Key">Its name in the address.</param>
/// <param name="Title">Its head.</param>
/// <param name="Field">The field by which it sorts, or null.</param>
/// <param name="IsNumber">Whether it holds numbers.</param>
/// <param name="Show">A cell.</param>
public sealed record ExperimentColumn(string Key, string Title, string? Field, bool IsNumber, Func<ExperimentSummary, RenderFragment> Show)
{
    /// <summary>Every column.</summary>
    public static readonly IReadOnlyList<ExperimentColumn> All =
    [
        new("state", "State", null, false, row => builder =>
        {
            builder.OpenComponent<StateChip>(0);
            builder.AddComponentParameter(1, nameof(StateChip.State), row.State);
            builder.AddComponentParameter(2, nameof(StateChip.Title), row.StateReason);
            builder.CloseComponent();
        }),
        Text("method", "Method", "method", row => row.Method),
        Text("captions", "Captions", "caption_set", row => $"{row.CaptionSet} ({Words.Count(row.CaptionCount)})"),
        Text("generator", "Generator", "generator", row => row.Generator),
        Number("guidance", "Guidance", "guidance_scale", row => Words.Value(row.GuidanceScale)),
        Number("images", "Images per prompt", "images_per_prompt", row => Words.Count(row.ImagesPerPrompt)),
        Text("backbone", "Backbone", "backbone", row => row.Backbone),
        Number("linear", "Linear probe", "linear_accuracy", row => row.LinearAccuracy is { } accuracy ? Words.Percent(accuracy) : "–"),
        Number("knn", "k-NN", "knn_accuracy", row => row.KnnAccuracy is { } accuracy ? Words.Percent(accuracy) : "–"),
        Text("tags", "Tags", null, row => string.Join(", ", row.Tags)),
        Text("owner", "Made by", "owner", row => row.Owner),
        Number("priority", "Priority", "priority", row => $"{row.Priority}"),
        Text("created", "Made", "created_at", row => $"{row.CreatedAt.UtcDateTime:yyyy-MM-dd HH:mm}"),
        Text("took", "Took", null, row => row is { LaunchedAt: { } start, FinishedAt: { } end } ? Words.Duration(end - start) : "–"),
    ];

    private static readonly string[] First = ["state", "method", "guidance", "images", "linear", "tags", "created"];

    /// <summary>The columns that an address names; a choice of them without one.</summary>
    public static IReadOnlyList<ExperimentColumn> Read(string? keys) =>
        [.. (keys?.Split(',') ?? First).Select(key => All.FirstOrDefault(column => column.Key == key)).OfType<ExperimentColumn>().Distinct()];

    /// <summary>What an address says of columns.</summary>
    public static string Write(IEnumerable<ExperimentColumn> columns) => string.Join(',', columns.Select(column => column.Key));

    private static ExperimentColumn Text(string key, string title, string? field, Func<ExperimentSummary, string> text) =>
        new(key, title, field, false, row => builder => builder.AddContent(0, text(row)));

    private static ExperimentColumn Number(string key, string title, string field, Func<ExperimentSummary, string> text) =>
        new(key, title, field, true, row => builder => builder.AddContent(0, text(row)));
}
