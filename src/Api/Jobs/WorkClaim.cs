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
            UPDATE {unit.Table} SET {unit.StateColumn} = 'running', attempt = attempt + 1
            WHERE id = $1 AND {unit.StateColumn} = 'pending' AND EXISTS ({unit.Experiments})
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
            $"SELECT EXISTS ({Unit.Experiments}) FROM {Unit.Table} WHERE id = $1 AND attempt = $2 AND {Unit.StateColumn} = 'running'");
        command.Parameters.Add(new() { Value = Unit.Id });
        command.Parameters.Add(new() { Value = Attempt });
        return await command.ExecuteScalarAsync(cancellationToken) is bool wanted ? wanted : throw new FencedException(Unit.Name, Attempt);
    }

    /// <summary>Gives the work back to be done later. Does nothing when it is another's by now.</summary>
    public Task ReleaseAsync(NpgsqlDataSource source) => EndAsync(source, "pending", null, lost: 0);

    /// <summary>Counts a loss: the work is done later, or never after the last one.</summary>
    public Task LoseAsync(NpgsqlDataSource source, string reason) => EndAsync(source, $"CASE WHEN lost_count < {MaxLosses} THEN 'pending' ELSE 'failed' END", reason, lost: 1);

    /// <summary>Records that the work cannot be done.</summary>
    public Task FailAsync(NpgsqlDataSource source, string reason) => EndAsync(source, "failed", reason, lost: 0);

    /// <summary>How often work is tried again after its worker was lost.</summary>
    public const int MaxLosses = 3;

    private async Task EndAsync(NpgsqlDataSource source, string state, string? reason, int lost)
    {
        var value = state.StartsWith("CASE", StringComparison.Ordinal) ? state : $"'{state}'";
        await using var command = source.CreateCommand(
            $"""
            UPDATE {Unit.Table} SET {Unit.StateColumn} = {value}, {Unit.FailureColumn} = $3, lost_count = lost_count + $4
            WHERE id = $1 AND attempt = $2 AND {Unit.StateColumn} = 'running'
            """);
        command.Parameters.Add(new() { Value = Unit.Id });
        command.Parameters.Add(new() { Value = Attempt });
        command.Parameters.Add(new() { Value = (object?)(reason is { Length: > 4000 } ? reason[..4000] : reason) ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = lost });
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }
}
