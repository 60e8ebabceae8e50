using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using StableRep.Api.Backups;
using StableRep.Api.Hosting;
using StableRep.Data.Experiments;
using StableRep.Testing;

namespace StableRep.Api.Tests.Backups;

public sealed class BackupTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_studio_that_is_backed_up_while_it_runs_comes_back_whole_at_another_place()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        await studio.StartAsync();
        var done = await studio.Experiments.CreateAsync(studio.Wanted("done"), cancellationToken: Stop);
        await studio.Experiments.LaunchAsync(done.Id, Stop);
        await studio.ReachAsync(done.Id, ExperimentState.Done, Stop);
        var folder = NewFolder();
        BackupManifest manifest;
        await using (var place = await OpenAsync(studio.Database.ConnectionString, studio.Services.GetRequiredService<IOptions<StudioOptions>>().Value.DataFolder))
        {
            manifest = await new StudioBackup(place, TimeProvider.System).WriteAsync(folder, _ => { }, Stop);
        }

        Assert.Contains(manifest.Artifacts, file => file.Name.StartsWith("image-sets/", StringComparison.Ordinal));
        Assert.Contains(manifest.Artifacts, file => file.Name.StartsWith($"encoders/{done.Id}/", StringComparison.Ordinal));
        Assert.Contains(manifest.Files, file => file.Name == "generators/tiny-sd/model_index.json");

        var (database, data) = (await cluster.NewEmptyDatabaseAsync(), NewFolder());
        await using (var target = await OpenAsync(database, data))
        {
            await new StudioRestore(target).ReadAsync(folder, force: false, _ => { }, Stop);
            foreach (var file in manifest.Artifacts)
            {
                await using var content = await target.Artifacts.OpenAsync(file.Name, cancellationToken: Stop);
                Assert.Equal(file.Sha256, Convert.ToHexStringLower(await SHA256.HashDataAsync(content, Stop)));
            }

            Assert.True(File.Exists(Path.Combine(data, "generators", "tiny-sd", "model_index.json")));
        }

        await using var restored = await StudioDatabase.OpenAsync(database, new StudioOptions { DataFolder = data }, Stop);
        foreach (var table in (string[])["experiments", "images", "shards", "metric_points", "experiment_events", "captions", "probes", "users"])
        {
            Assert.Equal(await HashAsync(studio.Database.Source, table), await HashAsync(restored.Source, table));
        }
    }

    [Fact]
    public async Task A_database_with_a_studio_in_it_is_replaced_only_by_force_and_never_under_a_node()
    {
        var (folder, data) = (NewFolder(), NewFolder());
        await BackUpAsync(await WithOneUserAsync("first"), data, folder);
        var database = await WithOneUserAsync("second");
        await using (var node = NpgsqlDataSource.Create(database))
        {
            await using var connection = await node.OpenConnectionAsync(Stop);
            Assert.Contains("stop every node", (await RefusedAsync(database, data, folder, force: true)).Message, StringComparison.Ordinal);
        }

        Assert.Contains("--force", (await RefusedAsync(database, data, folder, force: false)).Message, StringComparison.Ordinal);
        Assert.Equal("second", await UserAsync(database));
        await using (var place = await OpenAsync(database, data))
        {
            await new StudioRestore(place).ReadAsync(folder, force: true, _ => { }, Stop);
        }

        Assert.Equal("first", await UserAsync(database));
    }

    [Fact]
    public async Task A_damaged_backup_changes_nothing()
    {
        var (folder, data) = (NewFolder(), NewFolder());
        await BackUpAsync(await WithOneUserAsync("first"), data, folder);
        var dump = Path.Combine(folder, BackupManifest.DumpName);
        var bytes = await File.ReadAllBytesAsync(dump, Stop);
        bytes[^20] ^= 1;
        await File.WriteAllBytesAsync(dump, bytes, Stop);
        var database = await WithOneUserAsync("second");
        Assert.Contains("damaged", (await RefusedAsync(database, data, folder, force: true)).Message, StringComparison.Ordinal);
        Assert.Equal("second", await UserAsync(database));
    }

    [Fact]
    public async Task A_dump_that_does_not_restore_leaves_the_studio_that_was_there()
    {
        var (folder, data) = (NewFolder(), NewFolder());
        await BackUpAsync(await WithOneUserAsync("first"), data, folder);
        await File.WriteAllTextAsync(Path.Combine(folder, BackupManifest.DumpName), "no dump", Stop);
        var file = await HashedCopy.OfAsync(BackupManifest.DumpName, Path.Combine(folder, BackupManifest.DumpName), Stop);
        (BackupManifest.Read(folder) with { Dump = file }).Write(folder);
        var database = await WithOneUserAsync("second");
        Assert.Contains("pg_restore failed", (await RefusedAsync(database, data, folder, force: true)).Message, StringComparison.Ordinal);
        Assert.Equal("second", await UserAsync(database));
    }

    [Fact]
    public async Task A_folder_with_other_things_is_not_written_to_and_an_earlier_backup_is_brought_up_to_date()
    {
        var (folder, data) = (NewFolder(), NewFolder());
        var database = await WithOneUserAsync("first");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "thesis.tex"), "precious", Stop);
        await Assert.ThrowsAsync<BackupException>(() => BackUpAsync(database, data, folder));
        File.Delete(Path.Combine(folder, "thesis.tex"));
        Directory.CreateDirectory(Path.Combine(data, "generators", "mine"));
        await File.WriteAllTextAsync(Path.Combine(data, "generators", "mine", "model_index.json"), "{}", Stop);
        await BackUpAsync(database, data, folder);
        Directory.Move(Path.Combine(data, "generators", "mine"), Path.Combine(data, "generators", "yours"));
        await BackUpAsync(database, data, folder);
        Assert.Equal(["generators/yours/model_index.json"], BackupManifest.Read(folder).Files.Select(file => file.Name));
        Assert.False(File.Exists(Path.Combine(folder, "files", "generators", "mine", "model_index.json")));
    }

    private string NewFolder() => Path.Combine(cluster.Folder, Guid.NewGuid().ToString("N"));

    private static async Task<BackupPlace> OpenAsync(string connectionString, string dataFolder) => await BackupPlace.OpenAsync(
        new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:Studio"] = connectionString,
            ["Studio:DataFolder"] = dataFolder,
        }).Build(),
        Stop);

    private static async Task BackUpAsync(string database, string data, string folder)
    {
        await using var place = await OpenAsync(database, data);
        await new StudioBackup(place, TimeProvider.System).WriteAsync(folder, _ => { }, Stop);
    }

    private static async Task<BackupException> RefusedAsync(string database, string data, string folder, bool force)
    {
        await using var place = await OpenAsync(database, data);
        return await Assert.ThrowsAsync<BackupException>(() => new StudioRestore(place).ReadAsync(folder, force, _ => { }, Stop));
    }

    private async Task<string> WithOneUserAsync(string name)
    {
        var database = await cluster.NewDatabaseAsync();
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(
            "INSERT INTO app.audit_entries (at, user_name, action, target) VALUES (now(), $1, 'test', 'test')");
        command.Parameters.Add(new() { Value = name });
        await command.ExecuteNonQueryAsync(Stop);
        return database;
    }

    private static async Task<string> UserAsync(string database)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand("SELECT max(user_name) FROM app.audit_entries");
        return (string)(await command.ExecuteScalarAsync(Stop))!;
    }

    private static async Task<string> HashAsync(NpgsqlDataSource source, string table)
    {
        await using var command = source.CreateCommand($"SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '') FROM app.{table} t");
        return (string)(await command.ExecuteScalarAsync(Stop))!;
    }
}
