using System.Text.Json;
using Npgsql;
using StableRep.Data.Experiments;

namespace StableRep.Api.Experiments;

/// <summary>Reads what an experiment's events have to say to people.</summary>
public sealed class ExperimentLogLines(NpgsqlDataSource source)
{
    /// <summary>The most lines that are read.</summary>
    public const int Most = 500;

    /// <summary>The newest lines, the newest first.</summary>
    public async Task<IReadOnlyList<LogLine>> NewestAsync(Guid experimentId, CancellationToken cancellationToken = default)
    {
        await using var command = source.CreateCommand(
            """
            SELECT sequence, kind, payload, at FROM app.experiment_events
            WHERE experiment_id = $1 AND kind IN ('log', 'state', 'probe') ORDER BY sequence DESC LIMIT $2
            """);
        command.Parameters.Add(new() { Value = experimentId });
        command.Parameters.Add(new() { Value = Most });
        var lines = new List<LogLine>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var entry = new ExperimentEvent
            {
                ExperimentId = experimentId,
                Sequence = reader.GetInt64(0),
                Kind = reader.GetString(1),
                Payload = reader.GetString(2),
                At = reader.GetFieldValue<DateTimeOffset>(3),
            };
            if (LogLine.Of(entry) is { } line)
            {
                lines.Add(line);
            }
        }

        return lines;
    }
}

/// <summary>One line of an experiment's log.</summary>
/// <param name="Sequence">The event's number.</param>
/// <param name="At">When it was written down.</param>
/// <param name="Level"><c>information</c>, <c>warning</c> or <c>error</c>; <c>state</c> and <c>probe</c> for events of those kinds.</param>
/// <param name="Text">The line.</param>
public sealed record LogLine(long Sequence, DateTimeOffset At, string Level, string Text)
{
    /// <summary>What an event says to people, or null when it says nothing.</summary>
    public static LogLine? Of(ExperimentEvent entry)
    {
        if (entry.Kind is not ("log" or "state" or "probe"))
        {
            return null;
        }

        using var document = JsonDocument.Parse(entry.Payload);
        var facts = document.RootElement;
        string? Fact(string name) => facts.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.ToString() : null;
        return entry.Kind switch
        {
            "log" => new(entry.Sequence, entry.At, Fact("level") ?? "information", Fact("message") ?? ""),
            "state" => new(entry.Sequence, entry.At, "state", $"{Fact("from")} → {Fact("to")}{(Fact("reason") is { } reason ? $": {reason}" : null)}"),
            _ => new(entry.Sequence, entry.At, "probe", FormattableString.Invariant($"{Fact("kind")} on {Fact("dataset")}: {100 * facts.GetProperty("accuracy").GetDouble():0.0}%")),
        };
    }
}
