using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;

namespace StableRep.Api.Http.Lists;

/// <summary>Which part of a list is wanted. Endpoints take it with <c>[AsParameters]</c>.</summary>
public sealed record ListQuery
{
    /// <summary>The most items of a page, from 1 to 200; 50 without it.</summary>
    [FromQuery(Name = "page_size"), Description("The most items of a page, from 1 to 200; 50 without it.")]
    public int? PageSize { get; init; }

    /// <summary>Where to go on: the last page's <c>nextPageToken</c>.</summary>
    [FromQuery(Name = "page_token"), Description("Where to go on: nextPageToken of the page before, with the same filter and order_by.")]
    public string? PageToken { get; init; }

    /// <summary>Which items.</summary>
    [FromQuery(Name = "filter"), Description("Which items, such as: state = \"done\" AND guidance_scale > 3 AND tags:\"x\" AND name ~ \"foo\". Operators: = != < <= > >= : (has) ~ (contains), AND, OR, NOT, parentheses.")]
    public string? Filter { get; init; }

    /// <summary>In which order.</summary>
    [FromQuery(Name = "order_by"), Description("Fields in order of weight, each with desc for falling, such as: name, created_at desc. The newest first without it.")]
    public string? OrderBy { get; init; }
}
