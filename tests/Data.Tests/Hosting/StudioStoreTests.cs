using Npgsql;
using StableRep.Data.Hosting;
using StableRep.Testing;

namespace StableRep.Data.Tests.Hosting;

public sealed class StudioStoreTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Six_nodes_that_start_at_once_on_an_empty_database_install_the_schema_once()
    {
        var connectionString = await cluster.NewEmptyDatabaseAsync();
        var installed = 0;
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            await using var source = NpgsqlDataSource.Create(connectionString);
            await StudioStore.MigrateAsync(source, async (connection, stop) =>
            {
                await using var command = new NpgsqlCommand("CREATE SCHEMA IF NOT EXISTS also; CREATE TABLE IF NOT EXISTS also.here (id int)", connection);
                await command.ExecuteNonQueryAsync(stop);
                Interlocked.Increment(ref installed);
            }, Stop);
        }));

        await using var check = NpgsqlDataSource.Create(connectionString);
        await using var count = check.CreateCommand("SELECT count(*) FROM app.__ef_migrations");
        Assert.Equal(6, installed);
        Assert.True((long)(await count.ExecuteScalarAsync(Stop))! >= 1);
    }

    [Fact]
    public async Task The_model_has_no_change_without_a_migration()
    {
        await using var source = NpgsqlDataSource.Create(await cluster.NewDatabaseAsync());
        await using var store = StudioStore.Open(source);
        Assert.False(Microsoft.EntityFrameworkCore.RelationalDatabaseFacadeExtensions.HasPendingModelChanges(store.Database));
    }
}
