using Npgsql;

namespace StableRep.Data.Metrics;

/// <summary>
/// Each caption's loss in a training: the last and the highest with their steps, one row a caption however long the training. A resumed run may
/// tell a step again, which changes nothing.
/// </summary>
public sealed class CaptionLossTable(NpgsqlDataSource source)
{
    /// <summary>Writes losses inside the caller's transaction.</summary>
    public static async Task UpsertAsync(
        NpgsqlConnection connection, Guid experimentId, IReadOnlyCollection<CaptionLossRow> rows, CancellationToken cancellationToken = default)
    {
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO app.caption_losses AS t (experiment_id, caption_index, step, loss, peak_step, peak)
            SELECT $1, * FROM unnest($2::int[], $3::bigint[], $4::real[], $5::bigint[], $6::real[])
            ON CONFLICT (experiment_id, caption_index) DO UPDATE SET
                loss = CASE WHEN excluded.step >= t.step THEN excluded.loss ELSE t.loss END,
                step = greatest(excluded.step, t.step),
                peak_step = CASE WHEN excluded.peak > t.peak THEN excluded.peak_step ELSE t.peak_step END,
                peak = greatest(excluded.peak, t.peak)
            """,
            connection);
        command.Parameters.Add(new() { Value = experimentId });
        command.Parameters.Add(new() { Value = rows.Select(row => row.CaptionIndex).ToArray() });
        command.Parameters.Add(new() { Value = rows.Select(row => row.Step).ToArray() });
        command.Parameters.Add(new() { Value = rows.Select(row => row.Loss).ToArray() });
        command.Parameters.Add(new() { Value = rows.Select(row => row.PeakStep).ToArray() });
        command.Parameters.Add(new() { Value = rows.Select(row => row.Peak).ToArray() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The captions of the highest losses.</summary>
    /// <param name="experimentId">The experiment.</param>
    /// <param name="order">By which loss.</param>
    /// <param name="from">The first step of the range in which a caption's highest loss lies.</param>
    /// <param name="to">The last step of that range.</param>
    /// <param name="count">The most captions.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public async Task<IReadOnlyList<CaptionLossRow>> HighestAsync(
        Guid experimentId, CaptionLossOrder order, long from, long to, int count, CancellationToken cancellationToken = default)
    {
        await using var command = source.CreateCommand(
            $"""
            SELECT caption_index, step, loss, peak_step, peak FROM app.caption_losses
            WHERE experiment_id = $1 AND peak_step BETWEEN $2 AND $3
            ORDER BY {(order == CaptionLossOrder.Peak ? "peak" : "loss")} DESC, caption_index LIMIT $4
            """);
        command.Parameters.Add(new() { Value = experimentId });
        command.Parameters.Add(new() { Value = from });
        command.Parameters.Add(new() { Value = to });
        command.Parameters.Add(new() { Value = count });
        var rows = new List<CaptionLossRow>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new CaptionLossRow(reader.GetInt32(0), reader.GetInt64(1), reader.GetFloat(2), reader.GetInt64(3), reader.GetFloat(4)));
        }

        return rows;
    }
}

/// <summary>By which loss captions are put in order.</summary>
public enum CaptionLossOrder
{
    /// <summary>The highest that a caption ever had.</summary>
    Peak,

    /// <summary>The last one.</summary>
    Last,
}

/// <summary>One caption's losses.</summary>
/// <param name="CaptionIndex">The caption's number in its set.</param>
/// <param name="Step">The last step in which it was.</param>
/// <param name="Loss">Its loss there.</param>
/// <param name="PeakStep">The step of its highest loss.</param>
/// <param name="Peak">Its highest loss.</param>
public readonly record struct CaptionLossRow(int CaptionIndex, long Step, float Loss, long PeakStep, float Peak)
{
    /// <summary>The same caption with one more step told.</summary>
    public CaptionLossRow With(long step, float loss) => this with
    {
        Step = Math.Max(Step, step),
        Loss = step >= Step ? loss : Loss,
        PeakStep = loss > Peak ? step : PeakStep,
        Peak = Math.Max(Peak, loss),
    };
}
