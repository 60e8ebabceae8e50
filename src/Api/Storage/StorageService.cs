using System.Security.Claims;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using StableRep.Api.Accounts;
using StableRep.Api.Hosting;
using StableRep.Api.Http;
using StableRep.Data;
using StableRep.Data.Artifacts;
using StableRep.Data.Experiments;

namespace StableRep.Api.Storage;

/// <summary>
/// What takes space, and giving back what nothing needs. Rows go before files, and only by statements that check again that nobody uses
/// them: what comes into use in the meantime stays.
/// </summary>
public sealed class StorageService(
    IDbContextFactory<StudioDbContext> stores, StudioDatabase database, IArtifactStore artifacts, AuditLog audit, DataDisk disk, TimeProvider clock)
{
    /// <summary>The kinds that can be given back.</summary>
    public static IReadOnlyList<StorageKind> Reclaimable { get; } =
        [StorageKind.UnusedImageSets, StorageKind.OrphanFiles, StorageKind.OldPreviews, StorageKind.FinishedRuns, StorageKind.StoppedRuns];

    // Whoever made an image set or a preview so recently is about to use it.
    private static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    /// <summary>What takes how much space.</summary>
    public async Task<StorageReport> ReportAsync(CancellationToken cancellationToken = default)
    {
        var sizes = Enum.GetValues<StorageKind>().ToDictionary(kind => kind, _ => (Things: new HashSet<string>(StringComparer.Ordinal), Bytes: 0L));
        void Add(StorageKind kind, string thing, long bytes)
        {
            sizes[kind].Things.Add(thing);
            sizes[kind] = (sizes[kind].Things, sizes[kind].Bytes + bytes);
        }

        await foreach (var (key, length, kind, id) in FilesAsync(cancellationToken))
        {
            Add(kind, kind == StorageKind.OrphanFiles ? key : id.ToString(), length);
        }

        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        foreach (var (folder, id, kind) in await RunsAsync(store, cancellationToken))
        {
            Add(kind, id.ToString(), SizeOf(folder));
        }

        foreach (var (kind, name) in (ReadOnlySpan<(StorageKind, string)>)[(StorageKind.Generators, "generators"), (StorageKind.ProbeDatasets, "probe-datasets")])
        {
            var root = new DirectoryInfo(disk.PathOf(name));
            foreach (var entry in root.Exists ? root.EnumerateFileSystemInfos() : [])
            {
                Add(kind, entry.Name, entry is FileInfo file ? file.Length : SizeOf(entry.FullName));
            }
        }

        await using var size = database.Source.CreateCommand("SELECT pg_database_size(current_database())");
        Add(StorageKind.Database, "database", (long)(await size.ExecuteScalarAsync(cancellationToken))!);
        return new StorageReport(
            [.. sizes.Select(pair => new StorageUse(pair.Key, pair.Value.Things.Count, pair.Value.Bytes))], disk.FreeBytes(), new DriveInfo(disk.PathOf(".")).TotalSize);
    }

    /// <summary>Gives back the space of some kinds of things.</summary>
    /// <param name="kinds">The kinds, of <see cref="Reclaimable"/>.</param>
    /// <param name="user">Who asks, for the audit log.</param>
    /// <param name="cancellationToken">Cancels between two things.</param>
    /// <returns>What was given back, by kind.</returns>
    /// <exception cref="InputException">A kind cannot be given back.</exception>
    public async Task<IReadOnlyList<StorageUse>> ReclaimAsync(
        IReadOnlyCollection<StorageKind> kinds, ClaimsPrincipal? user = null, CancellationToken cancellationToken = default)
    {
        if (kinds.Count == 0 || kinds.Any(kind => !Reclaimable.Contains(kind)))
        {
            throw new InputException("kinds", $"Name kinds that can be given back: {string.Join(", ", Reclaimable.Select(StoreNames.Of))}.");
        }

        var given = new List<StorageUse>();
        foreach (var kind in kinds.Distinct())
        {
            given.Add(kind switch
            {
                StorageKind.OrphanFiles => await ReclaimFilesAsync(cancellationToken),
                StorageKind.UnusedImageSets => await ReclaimAsync(kind, (store, before, id) => ArtifactOwners.Unused(store, before).Where(set => set.Id == id).ExecuteDeleteAsync(cancellationToken), cancellationToken),
                StorageKind.OldPreviews => await ReclaimAsync(kind, (store, before, id) => ArtifactOwners.Old(store, before).Where(preview => preview.Id == id).ExecuteDeleteAsync(cancellationToken), cancellationToken),
                _ => await ReclaimRunsAsync(kind, cancellationToken),
            });
        }

        await audit.WriteAsync(
            user, "storage.reclaim", "storage", given.ToDictionary(use => StoreNames.Of(use.Kind), use => new { use.Count, use.Bytes }), cancellationToken);
        return given;
    }

    /// <summary>Every file of the artifact store that is the studio's, with whose it is.</summary>
    private async IAsyncEnumerable<(string Key, long Length, StorageKind Kind, Guid Id)> FilesAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var files = await artifacts.ListAsync("", cancellationToken).ToListAsync(cancellationToken);
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var owners = await ArtifactOwners.ReadAsync(store, clock.GetUtcNow() - Grace, cancellationToken);
        foreach (var (key, length) in files)
        {
            if (owners.Of(key) is var (kind, id))
            {
                yield return (key, length, kind, id);
            }
        }
    }

    private async Task<StorageUse> ReclaimFilesAsync(CancellationToken cancellationToken)
    {
        var (count, bytes) = (0, 0L);
        await foreach (var (key, length, kind, _) in FilesAsync(cancellationToken))
        {
            if (kind == StorageKind.OrphanFiles)
            {
                await artifacts.DeleteAsync(key, cancellationToken);
                (count, bytes) = (count + 1, bytes + length);
            }
        }

        return new StorageUse(StorageKind.OrphanFiles, count, bytes);
    }

    /// <summary>Deletes rows and then their files, one by one.</summary>
    private async Task<StorageUse> ReclaimAsync(
        StorageKind kind, Func<StudioDbContext, DateTimeOffset, Guid, Task<int>> delete, CancellationToken cancellationToken)
    {
        var before = clock.GetUtcNow() - Grace;
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var ids = kind == StorageKind.OldPreviews
            ? await ArtifactOwners.Old(store, before).Select(preview => preview.Id).ToListAsync(cancellationToken)
            : await ArtifactOwners.Unused(store, before).Select(set => set.Id).ToListAsync(cancellationToken);
        var (count, bytes) = (0, 0L);
        foreach (var id in ids)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                if (await delete(store, before, id) == 0)
                {
                    continue;
                }
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.ForeignKeyViolation)
            {
                // Somebody has just begun to use it.
                continue;
            }

            count++;
            await foreach (var (key, length) in artifacts.ListAsync($"{(kind == StorageKind.OldPreviews ? "previews" : "image-sets")}/{id}/", CancellationToken.None))
            {
                await artifacts.DeleteAsync(key, CancellationToken.None);
                bytes += length;
            }
        }

        return new StorageUse(kind, count, bytes);
    }

    private async Task<StorageUse> ReclaimRunsAsync(StorageKind kind, CancellationToken cancellationToken)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var (count, bytes) = (0, 0L);
        foreach (var (folder, id, _) in (await RunsAsync(store, cancellationToken)).Where(run => run.Kind == kind))
        {
            // A worker takes this lease before it looks into the folder: while it is ours nobody begins to train there.
            await using var lease = await Data.Hosting.WorkLease.TryTakeAsync(
                database.ConnectionString, new Jobs.WorkUnit(Jobs.WorkKind.Training, id).Name, clock, cancellationToken);
            if (lease is null || KindOf(await StateAsync(store, id, cancellationToken)) != kind)
            {
                continue;
            }

            bytes += SizeOf(folder);
            Directory.Delete(folder, recursive: true);
            count++;
        }

        return new StorageUse(kind, count, bytes);
    }

    /// <summary>The folders of trainings on this node.</summary>
    private async Task<IReadOnlyList<(string Folder, Guid Id, StorageKind Kind)>> RunsAsync(StudioDbContext store, CancellationToken cancellationToken)
    {
        var root = disk.PathOf("runs");
        var runs = new List<(string, Guid, StorageKind)>();
        foreach (var folder in Directory.Exists(root) ? Directory.EnumerateDirectories(root) : [])
        {
            if (Guid.TryParse(Path.GetFileName(folder), out var id))
            {
                runs.Add((folder, id, KindOf(await StateAsync(store, id, cancellationToken))));
            }
        }

        return runs;
    }

    private static async Task<(ExperimentState State, WorkState Training)?> StateAsync(StudioDbContext store, Guid id, CancellationToken cancellationToken) =>
        await store.Experiments.Where(row => row.Id == id).Select(row => new { row.State, row.TrainingState }).SingleOrDefaultAsync(cancellationToken) is { } row
            ? (row.State, row.TrainingState)
            : null;

    private static StorageKind KindOf((ExperimentState State, WorkState Training)? run) => run switch
    {
        null or { Training: WorkState.Done } => StorageKind.FinishedRuns,
        { State: ExperimentState.Failed or ExperimentState.Cancelled, Training: not WorkState.Running } => StorageKind.StoppedRuns,
        _ => StorageKind.Runs,
    };

    private static long SizeOf(string folder)
    {
        try
        {
            return new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        }
        catch (Exception exception) when (exception is DirectoryNotFoundException or FileNotFoundException)
        {
            // It went away while it was counted.
            return 0;
        }
    }
}
