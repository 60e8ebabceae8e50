namespace StableRep.Api.Http.Lists;

/// <summary>A part of a list.</summary>
/// <param name="Items">The items.</param>
/// <param name="NextPageToken">What to send as <c>page_token</c> for the next part, or null at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextPageToken)
{
    /// <summary>The same part with each item shown another way.</summary>
    public Page<TResult> Map<TResult>(Func<T, TResult> show) => new([.. Items.Select(show)], NextPageToken);
}
