using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace StableRep.Data.Hosting;

/// <summary>How contexts reach the database, and how its schema comes to be.</summary>
public static class StudioStore
{
    /// <summary>The key of the session-level advisory lock under which schemas are installed: the word "stablerp" in ASCII.</summary>
    private const long SchemaLock = 0x737461626c657270;

    /// <summary>Configures a context for a data source.</summary>
    public static DbContextOptionsBuilder UseStudioStore(this DbContextOptionsBuilder builder, NpgsqlDataSource source) => builder
        .UseNpgsql(source, npgsql => npgsql
            .MigrationsHistoryTable("__ef_migrations", StudioDbContext.Schema)
            .MigrationsAssembly(typeof(StudioStore).Assembly.FullName))
        .UseSnakeCaseNamingConvention();

    /// <summary>Opens a context.</summary>
    public static StudioDbContext Open(NpgsqlDataSource source)
    {
        var builder = new DbContextOptionsBuilder<StudioDbContext>();
        builder.UseStudioStore(source);
        return new StudioDbContext(builder.Options);
    }

    /// <summary>
    /// Brings the schema up to date. Any number of nodes may do so at once: one works while the others wait on an advisory lock, since
    /// the lock of EF's own was seen not to hold with several processes on an empty database.
    /// </summary>
    /// <param name="source">The database.</param>
    /// <param name="also">Further schemas to install under the same lock, such as the job queue's.</param>
    /// <param name="cancellationToken">Stops waiting; a migration in flight is rolled back.</param>
    public static async Task MigrateAsync(
        NpgsqlDataSource source, Func<NpgsqlConnection, CancellationToken, Task>? also = null, CancellationToken cancellationToken = default)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await ExecuteAsync(connection, $"SELECT pg_advisory_lock({SchemaLock})", cancellationToken);
        try
        {
            await using var context = Open(source);
            await context.Database.MigrateAsync(cancellationToken);
            if (also is not null)
            {
                await also(connection, cancellationToken);
            }
        }
        finally
        {
            await ExecuteAsync(connection, $"SELECT pg_advisory_unlock({SchemaLock})", CancellationToken.None);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
