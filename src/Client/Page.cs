namespace StableRep.Client;

/// <summary>Which items of a list are wanted, and in which order.</summary>
/// <param name="Filter">Such as <c>state = "done" AND guidance_scale > 3</c>; null for all.</param>
/// <param name="OrderBy">Such as <c>name, created_at desc</c>; null for the list's own order.</param>
/// <param name="PageSize">How many are fetched at a time, from 1 to 200.</param>
public sealed record ListQuery(string? Filter = null, string? OrderBy = null, int PageSize = 100);

/// <summary>A part of a list.</summary>
/// <param name="Items">The items.</param>
/// <param name="NextPageToken">Where to go on, or null at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextPageToken);
