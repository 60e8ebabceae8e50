using System.Diagnostics;
using Npgsql;
using StableRep.Data.Hosting;
using StableRep.Testing;

namespace StableRep.Data.Tests.Hosting;

public sealed class PrivateClusterTests(TestCluster shared)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_live_server_is_reused_and_the_last_user_stops_it()
    {
        var folder = Path.Combine(shared.Folder, "reuse");
        var first = await PrivateCluster.StartAsync(folder, durable: false, cancellationToken: Stop);
        var second = await PrivateCluster.StartAsync(folder, durable: false, cancellationToken: Stop);
        var server = await ServerAsync(first);
        Assert.Equal(server, await ServerAsync(second));

        await first.DisposeAsync();
        Assert.Equal(server, await ServerAsync(second));

        await second.DisposeAsync();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ServerAsync(second));
    }

    [Fact]
    public async Task A_killed_server_is_started_again_with_its_data()
    {
        await using var cluster = await PrivateCluster.StartAsync(Path.Combine(shared.Folder, "killed"), cancellationToken: Stop);
        await ExecuteAsync(cluster, "CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)");
        using (var postmaster = Process.GetProcessById(await ServerAsync(cluster)))
        {
            postmaster.Kill();
            await postmaster.WaitForExitAsync(Stop);
        }

        Assert.True(await cluster.EnsureRunningAsync(Stop));
        Assert.False(await cluster.EnsureRunningAsync(Stop));
        Assert.Equal(7, await ScalarAsync(cluster, "SELECT id FROM kept"));
    }

    [Fact]
    public async Task A_folder_with_a_path_too_long_for_a_socket_works()
    {
        var folder = Path.Combine(shared.Folder, string.Concat(Enumerable.Repeat("a-rather-long-name/", 6)));
        for (var parent = folder; parent.Length > shared.Folder.Length; parent = Path.GetDirectoryName(parent)!)
        {
            Directory.CreateDirectory(parent);
        }

        await using var cluster = await PrivateCluster.StartAsync(folder, durable: false, cancellationToken: Stop);
        Assert.NotEqual(0, await ServerAsync(cluster));
    }

    [Fact]
    public async Task The_server_listens_on_no_network_address() =>
        Assert.Equal("", await ScalarAsync(shared.Cluster, "SHOW listen_addresses"));

    [Fact]
    public void Programs_of_a_missing_version_are_an_error_that_names_the_package() =>
        Assert.Contains("apt-get install postgresql-7", Assert.Throws<PostgresUnavailableException>(() => PostgresPrograms.Find(major: 7)).Message, StringComparison.Ordinal);

    [Fact]
    public void Programs_in_a_folder_without_them_are_an_error_that_names_the_key() =>
        Assert.Contains("Studio:PostgresPrograms is '/nowhere'", Assert.Throws<PostgresUnavailableException>(() => PostgresPrograms.Find("/nowhere")).Message, StringComparison.Ordinal);

    private static async Task<int> ServerAsync(PrivateCluster cluster)
    {
        var file = (string)(await ScalarAsync(cluster, "SHOW data_directory"))!;
        return int.Parse((await File.ReadAllLinesAsync(Path.Combine(file, "postmaster.pid"), Stop))[0], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task<object?> ScalarAsync(PrivateCluster cluster, string sql)
    {
        await using var connection = new NpgsqlConnection(cluster.ConnectionString() + ";Pooling=false");
        await connection.OpenAsync(Stop);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Stop);
    }

    private static async Task ExecuteAsync(PrivateCluster cluster, string sql) => await ScalarAsync(cluster, sql);
}
