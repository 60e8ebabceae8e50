using Npgsql;

namespace StableRep.Api.Backups;

/// <summary>
/// Restores a backup: checks it whole, brings the artifacts and files back, then the database in one step, so that its rows never name what
/// is not there. A database with a studio in it is only replaced by force, and kept until the restored one stands.
/// </summary>
internal sealed class StudioRestore(BackupPlace place)
{
    private const string Aside = "app_before_restore";

    /// <summary>Restores a backup.</summary>
    /// <param name="folder">The backup.</param>
    /// <param name="force">Whether to replace what is there.</param>
    /// <param name="tell">Told what is done.</param>
    /// <param name="cancellationToken">Cancels; the database is then as it was.</param>
    /// <exception cref="BackupException">The backup is damaged, something is there already, or nodes use the database.</exception>
    public async Task<BackupManifest> ReadAsync(string folder, bool force, Action<string> tell, CancellationToken cancellationToken)
    {
        var manifest = BackupManifest.Read(folder);
        var occupied = await IsOccupiedAsync(cancellationToken);
        if (occupied && !force)
        {
            throw new BackupException("The database holds a studio already. To replace it and everything in it, add --force.");
        }

        tell("Checking the backup ...");
        await HashedCopy.CheckAsync(manifest.Dump, Path.Combine(folder, manifest.Dump.Name), cancellationToken);
        foreach (var (part, files) in Parts(manifest))
        {
            foreach (var file in files)
            {
                await HashedCopy.CheckAsync(file, Path.Combine(folder, part, file.Name), cancellationToken);
            }
        }

        tell($"Restoring {manifest.Artifacts.Count:N0} artifacts and {manifest.Files.Count:N0} files ...");
        await BringBackAsync(folder, manifest, force, cancellationToken);
        tell("Restoring the database ...");
        await RestoreDatabaseAsync(Path.Combine(folder, manifest.Dump.Name), occupied, cancellationToken);
        return manifest;
    }

    private static IEnumerable<(string Part, IReadOnlyList<BackupFile> Files)> Parts(BackupManifest manifest) =>
        [("artifacts", manifest.Artifacts), ("files", manifest.Files)];

    private async Task<bool> IsOccupiedAsync(CancellationToken cancellationToken)
    {
        await using var connection = await place.Database.OpenConnectionAsync(cancellationToken);
        await using var users = new NpgsqlCommand(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'", connection);
        if ((long)(await users.ExecuteScalarAsync(cancellationToken))! > 0)
        {
            throw new BackupException("Other programs use the database: stop every node first.");
        }

        await using var schema = new NpgsqlCommand("SELECT count(*) FROM pg_namespace WHERE nspname = 'app'", connection);
        return (long)(await schema.ExecuteScalarAsync(cancellationToken))! > 0;
    }

    private async Task BringBackAsync(string folder, BackupManifest manifest, bool force, CancellationToken cancellationToken)
    {
        var incoming = Directory.CreateTempSubdirectory("stablerep-restore-").FullName;
        try
        {
            foreach (var file in manifest.Artifacts)
            {
                if (await place.Artifacts.LengthAsync(file.Name, cancellationToken) != file.Length)
                {
                    var copy = Path.Combine(incoming, "artifact");
                    File.Copy(Path.Combine(folder, "artifacts", file.Name), copy);
                    await place.Artifacts.PutAsync(file.Name, copy, cancellationToken);
                }
            }
        }
        finally
        {
            Directory.Delete(incoming, recursive: true);
        }

        foreach (var file in manifest.Files)
        {
            var target = Path.GetFullPath(Path.Combine(place.DataFolder, file.Name));
            if (!target.StartsWith(Path.GetFullPath(place.DataFolder) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                throw new BackupException($"The manifest names '{file.Name}', which lies outside the data folder.");
            }

            if (force || !File.Exists(target))
            {
                await using var from = File.OpenRead(Path.Combine(folder, "files", file.Name));
                await HashedCopy.WriteAsync(from, file.Name, target, cancellationToken);
            }
        }
    }

    private async Task RestoreDatabaseAsync(string dump, bool occupied, CancellationToken cancellationToken)
    {
        if (occupied)
        {
            await ExecuteAsync($"DROP SCHEMA IF EXISTS {Aside} CASCADE; ALTER SCHEMA app RENAME TO {Aside}", cancellationToken);
        }

        try
        {
            await place.Tool.RunAsync("pg_restore", ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--dbname=", dump], cancellationToken);
        }
        catch when (occupied)
        {
            await ExecuteAsync($"DROP SCHEMA IF EXISTS app CASCADE; ALTER SCHEMA {Aside} RENAME TO app", CancellationToken.None);
            throw;
        }

        // What the queue still holds belongs to the database that is gone; the next node installs it anew and enqueues what the rows want.
        await ExecuteAsync($"DROP SCHEMA IF EXISTS {Aside} CASCADE; DROP SCHEMA IF EXISTS {Hosting.StudioDatabase.JobSchema} CASCADE", CancellationToken.None);
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = place.Database.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
