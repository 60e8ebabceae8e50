using System.Text.Json;

namespace StableRep.Api.Backups;

/// <summary>What a backup holds: the last file that is written, so that a folder with it is whole.</summary>
/// <param name="CreatedAt">When the database was looked at.</param>
/// <param name="Migration">The last migration of its schema.</param>
/// <param name="Dump">The database's dump.</param>
/// <param name="Artifacts">Every artifact that the database refers to.</param>
/// <param name="Files">Files of the data folder: generators and probe datasets.</param>
internal sealed record BackupManifest(
    DateTimeOffset CreatedAt, string Migration, BackupFile Dump, IReadOnlyList<BackupFile> Artifacts, IReadOnlyList<BackupFile> Files)
{
    /// <summary>The manifest's name in the folder.</summary>
    public const string FileName = "backup.json";

    /// <summary>The name of the database's dump.</summary>
    public const string DumpName = "database.dump";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Reads a folder's manifest.</summary>
    /// <exception cref="BackupException">The folder is no whole backup.</exception>
    public static BackupManifest Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            throw new BackupException($"{folder} is no complete backup: it has no {FileName}.");
        }

        try
        {
            return JsonSerializer.Deserialize<BackupManifest>(File.ReadAllBytes(path), Json) ?? throw new JsonException("It is empty.");
        }
        catch (JsonException exception)
        {
            throw new BackupException($"{path} cannot be read: {exception.Message}");
        }
    }

    /// <summary>Writes it into a folder.</summary>
    public void Write(string folder)
    {
        var path = Path.Combine(folder, FileName);
        using (var stream = new FileStream(path + ".new", FileMode.Create))
        {
            JsonSerializer.Serialize(stream, this, Json);
            stream.Flush(flushToDisk: true);
        }

        File.Move(path + ".new", path, overwrite: true);
    }
}

/// <summary>One file of a backup.</summary>
/// <param name="Name">The artifact's key, or the path under its folder.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Sha256">The content's hash, in lower-case hex.</param>
internal sealed record BackupFile(string Name, long Length, string Sha256);
