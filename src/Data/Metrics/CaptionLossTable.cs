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
    /// <param name="count">The most captions.</param>
    /// <param name="among">
    /// Some steps and the captions on which they trained: only these are looked at, and by <see cref="CaptionLossOrder.Peak"/> those come first
    /// whose highest loss was in these steps. Null for all.
    /// </param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public async Task<IReadOnlyList<CaptionLossRow>> HighestAsync(
        Guid experimentId, CaptionLossOrder order, int count, StepCaptions? among = null, CancellationToken cancellationToken = default)
    {
        var here = among is not null && order == CaptionLossOrder.Peak ? "(peak_step BETWEEN $4 AND $5) DESC, " : "";
        await using var command = source.CreateCommand(
            $"""
            SELECT caption_index, step, loss, peak_step, peak FROM app.caption_losses
            WHERE experiment_id = $1{(among is null ? "" : " AND caption_index = ANY($3)")}
            ORDER BY {here}{(order == CaptionLossOrder.Peak ? "peak" : "loss")} DESC, caption_index LIMIT $2
            """);
        command.Parameters.Add(new() { Value = experimentId });
        command.Parameters.Add(new() { Value = count });
        if (among is not null)
        {
            command.Parameters.Add(new() { Value = among.Captions.ToArray() });
        }

        if (here.Length > 0)
        {
            command.Parameters.Add(new() { Value = among!.From });
            command.Parameters.Add(new() { Value = among.To });
        }

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

/// <summary>The captions on which some steps of a training trained.</summary>
/// <param name="From">The first step.</param>
/// <param name="To">The last step.</param>
/// <param name="Captions">The captions' numbers in their set.</param>
public sealed record StepCaptions(long From, long To, IReadOnlyCollection<int> Captions)
{
    /// <summary>A caption's loss in these steps: its highest or its last one if that was here, else null, for no others are kept.</summary>
    public float? Of(CaptionLossRow row) => row.PeakStep >= From && row.PeakStep <= To ? row.Peak : row.Step >= From && row.Step <= To ? row.Loss : null;
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
