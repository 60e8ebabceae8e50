using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;
using StableRep.Data;
using StableRep.Data.CaptionSets;

namespace StableRep.Api.CaptionSets;

/// <summary>Previews, keeps and reads caption sets.</summary>
public sealed class CaptionSetService(IDbContextFactory<StudioDbContext> stores, NpgsqlDataSource source, TimeProvider clock)
{
    private const int PreviewLength = 20;

    /// <summary>Reads a whole file and says what keeping it would give. Nothing is stored.</summary>
    /// <param name="file">The file.</param>
    /// <param name="column">The column that holds the captions, or null to find it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="CaptionFileException">The file cannot be read as captions.</exception>
    public async Task<CaptionPreview> PreviewAsync(CaptionFile file, string? column, CancellationToken cancellationToken = default)
    {
        using var scan = new CaptionScan();
        var first = new List<string>();
        await foreach (var caption in AcceptedAsync(file, column, scan, cancellationToken))
        {
            if (first.Count < PreviewLength)
            {
                first.Add(caption);
            }
        }

        var identity = scan.Identity();
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var existing = await store.CaptionSets.Where(set => set.Sha256 == identity).Select(set => (Guid?)set.Id).FirstOrDefaultAsync(cancellationToken);
        return new CaptionPreview(
            file.Format, scan.Column.Chosen, scan.Count, scan.CountOf(CaptionProblemKind.Empty), scan.CountOf(CaptionProblemKind.Duplicate),
            scan.CountOf(CaptionProblemKind.OverLong), scan.CountOf(CaptionProblemKind.Malformed), first, scan.Problems, identity, existing)
        {
            Columns = scan.Column.All,
        };
    }

    /// <summary>Keeps a file's captions as a set. Captions that a set has already give that set.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">What to call the set.</param>
    /// <param name="sourceName">The name under which the file was uploaded.</param>
    /// <param name="column">The column that holds the captions, or null to find it.</param>
    /// <param name="ownerId">Who uploads it, or null for the studio itself.</param>
    /// <param name="cancellationToken">Cancels; then nothing is kept.</param>
    /// <returns>The set, and whether it is new.</returns>
    /// <exception cref="CaptionFileException">The file cannot be read as captions, or holds none.</exception>
    public async Task<(CaptionSet Set, bool IsNew)> KeepAsync(
        CaptionFile file, string name, string sourceName, string? column, Guid? ownerId, CancellationToken cancellationToken = default)
    {
        // The identity decides whether there is anything to store, and the file can be read again: two passes need no memory and no clean-up.
        var preview = await PreviewAsync(file, column, cancellationToken);
        if (preview.Count == 0)
        {
            throw new CaptionFileException(
                $"'{sourceName}' holds no captions: {preview.EmptyCount} entries are empty and {preview.MalformedCount} are malformed.");
        }

        var set = new CaptionSet
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()),
            Name = name,
            Sha256 = preview.Sha256,
            Count = preview.Count,
            SourceName = sourceName,
            Format = file.Format.ToString().ToLowerInvariant(),
            Column = preview.Column,
            EmptyCount = preview.EmptyCount,
            DuplicateCount = preview.DuplicateCount,
            OverLongCount = preview.OverLongCount,
            OwnerId = ownerId,
            CreatedAt = clock.GetUtcNow(),
        };
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        await using var transaction = await store.Database.BeginTransactionAsync(cancellationToken);
        store.CaptionSets.Add(set);
        store.CaptionProblems.AddRange(preview.Problems.Select(problem => new CaptionProblem
        {
            CaptionSetId = set.Id,
            Line = problem.Line,
            Kind = problem.Kind,
            Excerpt = problem.Excerpt,
        }));
        try
        {
            await store.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException exception) when (exception.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            await transaction.RollbackAsync(cancellationToken);
            return (await store.CaptionSets.AsNoTracking().SingleAsync(other => other.Sha256 == set.Sha256, cancellationToken), false);
        }

        await CopyAsync((NpgsqlConnection)store.Database.GetDbConnection(), file, set.Id, column, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (set, true);
    }

    /// <summary>A set's captions from one index on, in order.</summary>
    public async IAsyncEnumerable<string> ReadAsync(
        Guid setId, int from = 0, int count = int.MaxValue, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var command = source.CreateCommand(
            "SELECT text FROM app.captions WHERE caption_set_id = $1 AND index >= $2 ORDER BY index LIMIT $3");
        command.Parameters.Add(new() { Value = setId });
        command.Parameters.Add(new() { Value = from });
        command.Parameters.Add(new() { Value = count });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            yield return reader.GetString(0);
        }
    }

    private static async Task CopyAsync(NpgsqlConnection connection, CaptionFile file, Guid setId, string? column, CancellationToken cancellationToken)
    {
        using var scan = new CaptionScan();
        await using var copy = await connection.BeginBinaryImportAsync(
            "COPY app.captions (caption_set_id, index, text) FROM STDIN (FORMAT BINARY)", cancellationToken);
        var index = 0;
        await foreach (var caption in AcceptedAsync(file, column, scan, cancellationToken))
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(setId, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(index++, NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(caption, NpgsqlDbType.Text, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private static async IAsyncEnumerable<string> AcceptedAsync(
        CaptionFile file, string? column, CaptionScan scan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var raw in file.ReadAsync(column, found => scan.Column = found, cancellationToken))
        {
            if (scan.Accept(raw) is { } caption)
            {
                yield return caption;
            }
        }
    }
}
