using Microsoft.EntityFrameworkCore;
using StableRep.Api.Http;
using StableRep.Api.Http.Lists;
using StableRep.Data;

namespace StableRep.Api.CaptionSets;

/// <summary>Lists caption sets and captions for scripts, and renames sets.</summary>
public sealed class CaptionSetList(IDbContextFactory<StudioDbContext> stores, ListReader lists)
{
    private const int LongestName = 200;

    private static readonly ListFields<CaptionSetView> Fields = new ListFields<CaptionSetView>(set => set.Id)
        .Add("id", set => set.Id)
        .Add("name", set => set.Name)
        .Add("sha256", set => set.Sha256)
        .Add("count", set => set.Count)
        .Add("source_name", set => set.SourceName)
        .Add("format", set => set.Format)
        .Add("owner_id", set => set.OwnerId)
        .Add("owner", set => set.Owner)
        .Add("created_at", set => set.CreatedAt);

    private static readonly ListFields<CaptionView> CaptionFields = new ListFields<CaptionView>(caption => (long)caption.Index)
        .Add("index", caption => caption.Index)
        .Add("text", caption => caption.Text);

    /// <summary>A name that a set may have.</summary>
    /// <exception cref="InputException">It is empty, too long or no text.</exception>
    public static string CheckName(string name) => name.Trim() is { Length: >= 1 and <= LongestName } title && !title.Any(char.IsControl)
        ? title
        : throw new InputException("name", $"The name must have 1 to {LongestName} characters.");

    /// <summary>A part of the sets, the newest first unless another order is asked for.</summary>
    /// <exception cref="InputException">The query is wrong.</exception>
    public async Task<Page<CaptionSetView>> ReadAsync(ListQuery query, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return await lists.ReadAsync(Views(store), Fields, query, cancellationToken);
    }

    /// <summary>One set.</summary>
    /// <exception cref="MissingException">There is no such set.</exception>
    public async Task<CaptionSetView> GetAsync(Guid id, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return await Views(store).SingleOrDefaultAsync(set => set.Id == id, cancellationToken) ?? throw new MissingException("caption set", id);
    }

    /// <summary>A part of a set's captions, in their order unless another is asked for; <c>text ~ "dog"</c> finds a text in them.</summary>
    /// <exception cref="MissingException">There is no such set.</exception>
    /// <exception cref="InputException">The query is wrong.</exception>
    public async Task<Page<CaptionView>> CaptionsAsync(Guid id, ListQuery query, CancellationToken cancellationToken = default)
    {
        await GetAsync(id, cancellationToken);
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var rows = store.Captions.Where(caption => caption.CaptionSetId == id).Select(caption => new CaptionView { Index = caption.Index, Text = caption.Text });
        return await lists.ReadAsync(rows, CaptionFields, query with { OrderBy = query.OrderBy ?? "index" }, cancellationToken);
    }

    /// <summary>Calls a set something else.</summary>
    /// <exception cref="MissingException">There is no such set.</exception>
    /// <exception cref="InputException">The name is none.</exception>
    public async Task RenameAsync(Guid id, string name, CancellationToken cancellationToken = default)
    {
        var title = CheckName(name);
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        if (await store.CaptionSets.Where(set => set.Id == id).ExecuteUpdateAsync(set => set.SetProperty(row => row.Name, title), cancellationToken) == 0)
        {
            throw new MissingException("caption set", id);
        }
    }

    private static IQueryable<CaptionSetView> Views(StudioDbContext store) => store.CaptionSets.AsNoTracking().Select(set => new CaptionSetView
    {
        Id = set.Id,
        Name = set.Name,
        Sha256 = set.Sha256,
        Count = set.Count,
        SourceName = set.SourceName,
        Format = set.Format,
        Column = set.Column,
        EmptyCount = set.EmptyCount,
        DuplicateCount = set.DuplicateCount,
        OverLongCount = set.OverLongCount,
        OwnerId = set.OwnerId,
        Owner = store.Users.Where(user => user.Id == set.OwnerId).Select(user => user.DisplayName).FirstOrDefault() ?? "",
        CreatedAt = set.CreatedAt,
    });
}

/// <summary>A caption set as the API shows it.</summary>
public sealed record CaptionSetView
{
    /// <summary>The set's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 over its captions: its identity.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The number of captions.</summary>
    public required int Count { get; init; }

    /// <summary>The uploaded file's name.</summary>
    public required string SourceName { get; init; }

    /// <summary>The file's format.</summary>
    public required string Format { get; init; }

    /// <summary>The column that held the captions, or null for plain text.</summary>
    public string? Column { get; init; }

    /// <summary>Lines left out since they held no caption.</summary>
    public required int EmptyCount { get; init; }

    /// <summary>Captions left out since they repeat an earlier one.</summary>
    public required int DuplicateCount { get; init; }

    /// <summary>Captions cut to the longest length.</summary>
    public required int OverLongCount { get; init; }

    /// <summary>Who uploaded it, or null when that account is gone.</summary>
    public Guid? OwnerId { get; init; }

    /// <summary>The name of who uploaded it; empty when that account is gone.</summary>
    public required string Owner { get; init; }

    /// <summary>When it was kept.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A caption.</summary>
public sealed record CaptionView
{
    /// <summary>Its number in the set, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The text. It is nobody's markup.</summary>
    public required string Text { get; init; }
}
