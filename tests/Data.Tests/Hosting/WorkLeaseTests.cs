using Npgsql;
using StableRep.Data.Hosting;
using StableRep.Testing;

namespace StableRep.Data.Tests.Hosting;

public sealed class WorkLeaseTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Work_has_one_holder_until_it_is_given_back()
    {
        var database = await cluster.NewEmptyDatabaseAsync();
        var first = await WorkLease.TryTakeAsync(database, "shard/1", TimeProvider.System, Stop);
        Assert.NotNull(first);
        Assert.Null(await WorkLease.TryTakeAsync(database, "shard/1", TimeProvider.System, Stop));
        await using var other = await WorkLease.TryTakeAsync(database, "shard/2", TimeProvider.System, Stop);
        Assert.NotNull(other);

        await first.DisposeAsync();
        await using var second = await WorkLease.TryTakeAsync(database, "shard/1", TimeProvider.System, Stop);
        Assert.NotNull(second);
    }

    [Fact]
    public async Task A_holder_whose_connection_dies_is_told()
    {
        var database = await cluster.NewEmptyDatabaseAsync();
        await using var lease = await WorkLease.TryTakeAsync(database, "shard/3", TimeProvider.System, Stop);
        Assert.NotNull(lease);
        await using var source = NpgsqlDataSource.Create(database);
        await using var kill = source.CreateCommand("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'shard/3'");
        Assert.Equal(true, await kill.ExecuteScalarAsync(Stop));

        var told = new TaskCompletionSource();
        await using var registration = lease.Lost.Register(told.SetResult);
        await told.Task.WaitAsync(TimeSpan.FromSeconds(30), Stop);
        await using var next = await WorkLease.TryTakeAsync(database, "shard/3", TimeProvider.System, Stop);
        Assert.NotNull(next);
    }
}
