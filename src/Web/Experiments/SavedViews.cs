using System.Text.Json;

namespace StableRep.Web.Experiments;

/// <summary>An address of the table of experiments with a name.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Address">The address.</param>
public sealed record SavedView(string Name, string Address);

/// <summary>A person's own views, as their browser keeps them.</summary>
internal static class SavedViews
{
    /// <summary>Under which key.</summary>
    public const string Key = "studio-experiment-views";

    /// <summary>The longest name.</summary>
    public const int LongestName = 60;

    private const string Page = "/experiments";

    /// <summary>Reads what the browser kept. It is the browser's to change: what is no view of this page is left out, and what cannot be read is none.</summary>
    public static IReadOnlyList<SavedView> Read(string? kept)
    {
        try
        {
            return [.. (JsonSerializer.Deserialize<SavedView?[]>(kept ?? "[]") ?? []).OfType<SavedView>().Where(IsOne)];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    /// <summary>What the browser shall keep.</summary>
    public static string Write(IReadOnlyList<SavedView> views) => JsonSerializer.Serialize(views);

    /// <summary>The views with another one, which takes the place of one of the same name.</summary>
    public static IReadOnlyList<SavedView> With(this IReadOnlyList<SavedView> views, SavedView view) => [.. views.Without(view.Name), view];

    /// <summary>The views but one.</summary>
    public static IReadOnlyList<SavedView> Without(this IReadOnlyList<SavedView> views, string name) => [.. views.Where(view => view.Name != name)];

    private static bool IsOne(SavedView view) =>
        !string.IsNullOrWhiteSpace(view.Name) && view.Address is { } address && (address == Page || address.StartsWith(Page + "?", StringComparison.Ordinal));
}
