using System.Text.Json;
using Npgsql;

namespace StableRep.Api.Experiments;

/// <summary>Reads where and with what experiments were computed.</summary>
public sealed class RunEnvironmentReader(NpgsqlDataSource source)
{
    /// <summary>The kind of the events that tell it.</summary>
    internal const string Kind = "environment";

    /// <summary>
    /// An experiment's environments in the order of time. Images that were there before it have none here: they are with the experiment for which
    /// they were made.
    /// </summary>
    public async Task<IReadOnlyList<RunEnvironment>> ReadAsync(Guid experimentId, CancellationToken cancellationToken = default)
    {
        await using var command = source.CreateCommand("SELECT payload FROM app.experiment_events WHERE experiment_id = $1 AND kind = $2 ORDER BY sequence");
        command.Parameters.Add(new() { Value = experimentId });
        command.Parameters.Add(new() { Value = Kind });
        var environments = new List<RunEnvironment>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            environments.Add(JsonSerializer.Deserialize<RunEnvironment>(reader.GetString(0), JsonSerializerOptions.Web)!);
        }

        return environments;
    }
}
