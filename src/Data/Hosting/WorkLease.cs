using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace StableRep.Data.Hosting;

/// <summary>
/// The exclusive right to one unit of work: a session-level advisory lock on a connection of its own. The database frees it the moment the
/// process dies. When the connection is lost the lease says so, and its holder must stop: its attempt number fences what it still tries to write.
/// </summary>
public sealed class WorkLease : IAsyncDisposable
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(2);

    private readonly NpgsqlConnection _connection;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _released = new();
    private readonly Task _watch;

    private WorkLease(NpgsqlConnection connection, TimeProvider clock)
    {
        _connection = connection;
        Lost = _lost.Token;
        _watch = WatchAsync(clock);
    }

    /// <summary>Cancelled when the database no longer holds the lock for us.</summary>
    public CancellationToken Lost { get; }

    /// <summary>Takes the right to some work, or returns null at once when another worker has it.</summary>
    /// <param name="connectionString">The database; the connection is not pooled.</param>
    /// <param name="work">The work's name, such as <c>shard/ID</c>.</param>
    /// <param name="clock">Times the checks of the connection.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    public static async Task<WorkLease?> TryTakeAsync(
        string connectionString, string work, TimeProvider clock, CancellationToken cancellationToken = default)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, ApplicationName = work }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand($"SELECT pg_try_advisory_lock({Key(work)})", connection);
            if (await command.ExecuteScalarAsync(cancellationToken) is true)
            {
                return new WorkLease(connection, clock);
            }
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        await connection.DisposeAsync();
        return null;
    }

    /// <summary>Which of some works have a holder at this moment, in any process.</summary>
    /// <param name="source">The database.</param>
    /// <param name="works">The works' names.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public static async Task<IReadOnlySet<string>> HeldAsync(
        NpgsqlDataSource source, IReadOnlyCollection<string> works, CancellationToken cancellationToken = default)
    {
        // A 64-bit key is shown in two halves.
        await using var command = source.CreateCommand(
            """
            SELECT w.work FROM unnest($1::text[], $2::bigint[]) AS w(work, key)
            JOIN pg_locks l ON l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
                AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND l.classid::bigint = (w.key >> 32) & 4294967295 AND l.objid::bigint = w.key & 4294967295
            """);
        command.Parameters.Add(new() { Value = works.ToArray() });
        command.Parameters.Add(new() { Value = works.Select(Key).ToArray() });
        var held = new HashSet<string>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            held.Add(reader.GetString(0));
        }

        return held;
    }

    /// <summary>Gives the right back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _released.CancelAsync();
        await _watch;
        await UnlockAsync();
        await _connection.DisposeAsync();
        _lost.Dispose();
        _released.Dispose();
    }

    // A closed connection is gone from the server only a moment later: whoever looks next should see the work free.
    private async Task UnlockAsync()
    {
        if (_lost.IsCancellationRequested)
        {
            return;
        }

        try
        {
            await using var command = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", _connection) { CommandTimeout = 5 };
            await command.ExecuteNonQueryAsync();
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or IOException or TimeoutException)
        {
            // The connection is gone, and the lock with it.
        }
    }

    private static long Key(string work) => BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(work)));

    private async Task WatchAsync(TimeProvider clock)
    {
        using var timer = new PeriodicTimer(CheckInterval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_released.Token))
            {
                await using var command = new NpgsqlCommand("SELECT 1", _connection) { CommandTimeout = 10 };
                await command.ExecuteNonQueryAsync(_released.Token);
            }
        }
        catch (OperationCanceledException) when (_released.IsCancellationRequested)
        {
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or IOException or TimeoutException)
        {
            await _lost.CancelAsync();
        }
    }
}
