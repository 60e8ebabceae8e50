using Microsoft.EntityFrameworkCore;
using Npgsql;
using StableRep.Api.Http;
using StableRep.Data;
using StableRep.Data.CaptionSets;
using StableRep.Data.Experiments;

namespace StableRep.Api.CaptionSets;

/// <summary>Finds, describes and deletes caption sets.</summary>
public sealed class CaptionSetCatalogue(IDbContextFactory<StudioDbContext> stores, NpgsqlDataSource source)
{
    /// <summary>The most captions that a search numbers; all are counted.</summary>
    public const int MaxMatches = 10_000;

    private const int MaxBars = 24;

    /// <summary>The sets whose name or file's name holds some text, the newest first.</summary>
    /// <param name="search">The text, or null for all.</param>
    /// <param name="count">The most sets.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<IReadOnlyList<CaptionSetSummary>> ListAsync(string? search = null, int count = 500, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var sets = store.CaptionSets.AsNoTracking();
        if (!string.IsNullOrWhiteSpace(search))
        {
            var pattern = Pattern(search.Trim());
            sets = sets.Where(set => EF.Functions.ILike(set.Name, pattern, "\\") || EF.Functions.ILike(set.SourceName, pattern, "\\"));
        }

        return await sets.OrderByDescending(set => set.CreatedAt).ThenBy(set => set.Id).Take(count)
            .Select(set => new CaptionSetSummary(
                set,
                store.Experiments.Count(experiment => experiment.ImageSet!.CaptionSetId == set.Id),
                store.Users.Where(user => user.Id == set.OwnerId).Select(user => user.DisplayName).FirstOrDefault()))
            .ToListAsync(cancellationToken);
    }

    /// <summary>One set.</summary>
    /// <exception cref="MissingException">There is no such set.</exception>
    public async Task<CaptionSet> GetAsync(Guid id, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return await store.CaptionSets.AsNoTracking().SingleOrDefaultAsync(set => set.Id == id, cancellationToken) ?? throw new MissingException("caption set", id);
    }

    /// <summary>The captions from one number on.</summary>
    public async Task<IReadOnlyList<Caption>> PageAsync(Guid id, int from, int count, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return await store.Captions.AsNoTracking().Where(caption => caption.CaptionSetId == id && caption.Index >= from)
            .OrderBy(caption => caption.Index).Take(count).ToListAsync(cancellationToken);
    }

    /// <summary>The captions with some numbers, in order.</summary>
    public async Task<IReadOnlyList<Caption>> PickAsync(Guid id, IReadOnlyCollection<int> numbers, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return await store.Captions.AsNoTracking().Where(caption => caption.CaptionSetId == id && numbers.Contains(caption.Index))
            .OrderBy(caption => caption.Index).ToListAsync(cancellationToken);
    }

    /// <summary>The captions that hold some text, whatever its case.</summary>
    public async Task<CaptionMatches> SearchAsync(Guid id, string text, CancellationToken cancellationToken = default)
    {
        await using var command = source.CreateCommand(
            """
            WITH found AS (SELECT index FROM app.captions WHERE caption_set_id = $1 AND text ILIKE $2 ESCAPE '\')
            SELECT (SELECT count(*) FROM found), ARRAY(SELECT index FROM found ORDER BY index LIMIT $3)
            """);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = Pattern(text.Normalize().Replace("\0", "", StringComparison.Ordinal)) });
        command.Parameters.Add(new() { Value = MaxMatches });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new CaptionMatches(reader.GetInt64(0), reader.GetFieldValue<int[]>(1));
    }

    /// <summary>How long a set's captions are.</summary>
    public async Task<CaptionLengths> LengthsAsync(Guid id, CancellationToken cancellationToken = default)
    {
        await using var command = source.CreateCommand(
            "SELECT char_length(text), count(*) FROM app.captions WHERE caption_set_id = $1 GROUP BY 1 ORDER BY 1");
        command.Parameters.Add(new() { Value = id });
        var counts = new List<(int Length, long Count)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            counts.Add((reader.GetInt32(0), reader.GetInt64(1)));
        }

        return CaptionLengths.Of(counts, MaxBars);
    }

    /// <summary>The lines of the upload that are not captions as they stand; the first thousand.</summary>
    public async Task<IReadOnlyList<ListedProblem>> ProblemsAsync(Guid id, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return await store.CaptionProblems.AsNoTracking().Where(problem => problem.CaptionSetId == id).OrderBy(problem => problem.Line)
            .Select(problem => new ListedProblem(problem.Line, problem.Kind, problem.Excerpt)).ToListAsync(cancellationToken);
    }

    /// <summary>The experiments with images of a set's captions, the newest first.</summary>
    public async Task<IReadOnlyList<Experiment>> ExperimentsAsync(Guid id, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return await store.Experiments.AsNoTracking().Include(experiment => experiment.ImageSet)
            .Where(experiment => experiment.ImageSet!.CaptionSetId == id).OrderByDescending(experiment => experiment.Id).Take(200).ToListAsync(cancellationToken);
    }

    /// <summary>Deletes a set that nothing uses.</summary>
    /// <exception cref="MissingException">There is no such set.</exception>
    /// <exception cref="ConflictException">Images were made of it; the message says what to do first.</exception>
    public async Task DeleteAsync(Guid id, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var set = await GetAsync(id, cancellationToken);
        var experiments = await store.Experiments.CountAsync(experiment => experiment.ImageSet!.CaptionSetId == id, cancellationToken);
        if (experiments > 0)
        {
            throw new ConflictException($"{experiments} {(experiments == 1 ? "experiment uses" : "experiments use")} '{set.Name}': delete {(experiments == 1 ? "it" : "them")} first.");
        }

        try
        {
            await store.CaptionSets.Where(row => row.Id == id).ExecuteDeleteAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.ForeignKeyViolation)
        {
            throw new ConflictException($"Images of '{set.Name}' are kept: delete their image sets first.");
        }
    }

    private static string Pattern(string text) => "%" + text
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal) + "%";
}

/// <summary>A caption set in a list.</summary>
/// <param name="Set">The set.</param>
/// <param name="Experiments">The experiments that use it.</param>
/// <param name="Owner">Who uploaded it, or null.</param>
public sealed record CaptionSetSummary(CaptionSet Set, int Experiments, string? Owner);

/// <summary>What a search found.</summary>
/// <param name="Count">All captions that match.</param>
/// <param name="Numbers">The numbers of the first <see cref="CaptionSetCatalogue.MaxMatches"/>, in order.</param>
public sealed record CaptionMatches(long Count, IReadOnlyList<int> Numbers);
