using Npgsql;
using NpgsqlTypes;
using StableRep.Data;

namespace StableRep.Api.Jobs;

/// <summary>One worker's hold on a unit of work by its attempt number, without which no write is accepted.</summary>
/// <param name="Unit">The work.</param>
/// <param name="Attempt">The attempt number.</param>
internal sealed record WorkClaim(WorkUnit Unit, int Attempt)
{
    /// <summary>Raises the attempt number of work that waits and that an experiment wants; null where there is nothing to do.</summary>
    public static async Task<WorkClaim?> TryBeginAsync(NpgsqlDataSource source, WorkUnit unit, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            $"""
            UPDATE {unit.Table} SET {unit.StateColumn} = 'running', attempt = attempt + 1, begun_at = now()
            WHERE id = $1 AND {unit.StateColumn} = 'pending' AND {unit.IsWanted}
            RETURNING attempt
            """);
        command.Parameters.Add(new() { Value = unit.Id });
        return await command.ExecuteScalarAsync(cancellationToken) is int attempt ? new WorkClaim(unit, attempt) : null;
    }

    /// <summary>Locks the work's row to the transaction's end, so that nobody takes the work over before it commits.</summary>
    /// <exception cref="FencedException">The work is another's by now, or gone.</exception>
    public async Task HoldAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT 1 FROM {Unit.Table} WHERE id = $1 AND attempt = $2 AND {Unit.StateColumn} = 'running' FOR UPDATE", connection);
        command.Parameters.Add(new() { Value = Unit.Id });
        command.Parameters.Add(new() { Value = Attempt });
        if (await command.ExecuteScalarAsync(cancellationToken) is null)
        {
            throw new FencedException(Unit.Name, Attempt);
        }
    }

    /// <summary>Whether an experiment still wants the work.</summary>
    /// <exception cref="FencedException">The work is another's by now, or gone.</exception>
    public async Task<bool> IsWantedAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            $"SELECT {Unit.IsWanted} FROM {Unit.Table} WHERE id = $1 AND attempt = $2 AND {Unit.StateColumn} = 'running'");
        command.Parameters.Add(new() { Value = Unit.Id });
        command.Parameters.Add(new() { Value = Attempt });
        return await command.ExecuteScalarAsync(cancellationToken) is bool wanted ? wanted : throw new FencedException(Unit.Name, Attempt);
    }

    /// <summary>Gives the work back to be done later. Does nothing when it is another's by now.</summary>
    public Task ReleaseAsync(NpgsqlDataSource source) => EndAsync(source, "'pending'", null);

    /// <summary>
    /// Counts a loss: the work is done later, or never after the last one. Where the database server started after the attempt did, the loss is
    /// the server's, whose death freed every lease: it does not count.
    /// </summary>
    public Task LoseAsync(NpgsqlDataSource source, string reason) => EndAsync(
        source,
        $"CASE WHEN lost_count < {MaxLosses} OR {ServerIsFresh} THEN 'pending' ELSE 'failed' END",
        reason,
        $", lost_count = lost_count + CASE WHEN {ServerIsFresh} THEN 0 ELSE 1 END");

    /// <summary>Records that the work cannot be done.</summary>
    public Task FailAsync(NpgsqlDataSource source, string reason) => EndAsync(source, "'failed'", reason);

    /// <summary>Forgets earlier losses: the work has come further since, so that it is not the work that kills its workers.</summary>
    /// <param name="connection">A connection inside the transaction that holds the work.</param>
    public async Task ForgetLossesAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand($"UPDATE {Unit.Table} SET lost_count = 0 WHERE id = $1 AND lost_count > 0", connection);
        command.Parameters.Add(new() { Value = Unit.Id });
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>How often work is tried again after its worker was lost without having come any further.</summary>
    public const int MaxLosses = 3;

    private const string ServerIsFresh = "pg_postmaster_start_time() > begun_at";

    private async Task EndAsync(NpgsqlDataSource source, string state, string? reason, string also = "")
    {
        await using var command = source.CreateCommand(
            $"""
            UPDATE {Unit.Table} SET {Unit.StateColumn} = {state}, {Unit.FailureColumn} = $3{also}
            WHERE id = $1 AND attempt = $2 AND {Unit.StateColumn} = 'running'
            """);
        command.Parameters.Add(new() { Value = Unit.Id });
        command.Parameters.Add(new() { Value = Attempt });
        command.Parameters.Add(new() { Value = (object?)(reason is { Length: > 4000 } ? reason[..4000] : reason) ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }
}
