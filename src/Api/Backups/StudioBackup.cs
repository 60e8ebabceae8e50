using Npgsql;

namespace StableRep.Api.Backups;

/// <summary>
/// Writes a backup: the database as it was at one moment, then every artifact that it refers to then, then the manifest. Nodes may run
/// meanwhile. A backup that is written again copies only what is new, since what lies under an artifact's key never changes.
/// </summary>
internal sealed class StudioBackup(BackupPlace place, TimeProvider clock)
{
    /// <summary>Writes a backup.</summary>
    /// <param name="folder">A folder that is missing, empty or holds an earlier backup.</param>
    /// <param name="tell">Told what is done.</param>
    /// <param name="cancellationToken">Cancels; the folder then has no manifest.</param>
    /// <exception cref="BackupException">The folder holds something else, or an artifact is missing.</exception>
    public async Task<BackupManifest> WriteAsync(string folder, Action<string> tell, CancellationToken cancellationToken)
    {
        Prepare(folder);
        await using var connection = await place.Database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        var createdAt = clock.GetUtcNow();
        var snapshot = await SnapshotAsync(connection, cancellationToken);
        tell("Dumping the database ...");
        var dump = Path.Combine(folder, BackupManifest.DumpName);
        await place.Tool.RunAsync(
            "pg_dump", ["--format=custom", "--schema=app", "--no-owner", "--no-privileges", $"--snapshot={snapshot}", $"--file={dump}"], cancellationToken);
        var keys = await KeysAsync(connection, cancellationToken);
        tell($"Copying {keys.Count:N0} artifacts ...");
        var artifacts = new List<BackupFile>();
        foreach (var key in keys)
        {
            artifacts.Add(await CopyAsync(key, Path.Combine(folder, "artifacts", key), cancellationToken));
        }

        var files = new List<BackupFile>();
        foreach (var name in BackupPlace.Folders)
        {
            files.AddRange(await CopyFolderAsync(name, folder, tell, cancellationToken));
        }

        RemoveOthers(folder, [.. artifacts.Select(file => Path.Combine("artifacts", file.Name)), .. files.Select(file => Path.Combine("files", file.Name))]);
        var manifest = new BackupManifest(
            createdAt, await MigrationAsync(connection, cancellationToken), await HashedCopy.OfAsync(BackupManifest.DumpName, dump, cancellationToken), artifacts, files);
        manifest.Write(folder);
        return manifest;
    }

    private static void Prepare(string folder)
    {
        var manifest = Path.Combine(folder, BackupManifest.FileName);
        var unfinished = manifest + ".unfinished";
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any() && !File.Exists(manifest) && !File.Exists(unfinished))
        {
            throw new BackupException($"{folder} is not empty and holds no backup: name another folder.");
        }

        Directory.CreateDirectory(folder);
        File.WriteAllText(unfinished, "A backup is being written here, or one was broken off.\n");
        File.Delete(manifest);
    }

    private static async Task<string> SnapshotAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_export_snapshot()", connection);
        return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<string> MigrationAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT max(migration_id) FROM app.__ef_migrations", connection);
        return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>The keys of every column that names artifacts: files by <c>artifact_key</c>, encoders by the prefix of their files.</summary>
    private async Task<IReadOnlyList<string>> KeysAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var columns = await TextsAsync(
            connection,
            "SELECT format('SELECT %I FROM app.%I WHERE %I IS NOT NULL', column_name, table_name, column_name) FROM information_schema.columns " +
            "WHERE table_schema = 'app' AND column_name LIKE '%artifact_key' ORDER BY 1",
            cancellationToken);
        var keys = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var query in columns)
        {
            keys.UnionWith(await TextsAsync(connection, query, cancellationToken));
        }

        foreach (var prefix in await TextsAsync(connection, "SELECT encoder_key FROM app.experiments WHERE encoder_key IS NOT NULL", cancellationToken))
        {
            await foreach (var (key, _) in place.Artifacts.ListAsync(prefix + "/", cancellationToken))
            {
                keys.Add(key);
            }
        }

        return [.. keys];
    }

    private static async Task<List<string>> TextsAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var texts = new List<string>();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            texts.Add(reader.GetString(0));
        }

        return texts;
    }

    private async Task<BackupFile> CopyAsync(string key, string path, CancellationToken cancellationToken)
    {
        if (File.Exists(path) && await place.Artifacts.LengthAsync(key, cancellationToken) == new FileInfo(path).Length)
        {
            return await HashedCopy.OfAsync(key, path, cancellationToken);
        }

        try
        {
            await using var from = await place.Artifacts.OpenAsync(key, cancellationToken: cancellationToken);
            return await HashedCopy.WriteAsync(from, key, path, cancellationToken);
        }
        catch (FileNotFoundException)
        {
            throw new BackupException($"The artifact '{key}' is gone. If its experiment was deleted in the meantime, start the backup again; else restore it first.");
        }
    }

    private async Task<List<BackupFile>> CopyFolderAsync(string name, string folder, Action<string> tell, CancellationToken cancellationToken)
    {
        var files = new List<BackupFile>();
        var source = new DirectoryInfo(Path.Combine(place.DataFolder, name));
        if (!source.Exists)
        {
            return files;
        }

        tell($"Copying {name} ...");
        foreach (var file in source.EnumerateFiles("*", SearchOption.AllDirectories))
        {
            // Names that begin with a dot are work in progress or made from the others.
            var path = Path.GetRelativePath(place.DataFolder, file.FullName);
            if (!path.Split(Path.DirectorySeparatorChar).Any(part => part.StartsWith('.')))
            {
                await using var from = file.OpenRead();
                files.Add(await HashedCopy.WriteAsync(from, path, Path.Combine(folder, "files", path), cancellationToken));
            }
        }

        return files;
    }

    private static void RemoveOthers(string folder, HashSet<string> kept)
    {
        foreach (var part in (string[])["artifacts", "files"])
        {
            var root = Path.Combine(folder, part);
            foreach (var path in Directory.Exists(root) ? Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories) : [])
            {
                if (!kept.Contains(Path.GetRelativePath(folder, path)))
                {
                    File.Delete(path);
                }
            }
        }

        File.Delete(Path.Combine(folder, BackupManifest.FileName + ".unfinished"));
    }
}
