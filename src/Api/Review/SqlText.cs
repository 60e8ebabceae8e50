using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace StableRep.Api.Review;

/// <summary>A query in the making, whose values are parameters and never text.</summary>
internal sealed class SqlText
{
    /// <summary>The values, <c>$1</c> first.</summary>
    public List<NpgsqlParameter> Parameters { get; } = [];

    /// <summary>The conditions, all of which must hold.</summary>
    public List<string> Conditions { get; } = [];

    /// <summary>Adds a value and gives the name by which SQL refers to it.</summary>
    public string Value(object? value, NpgsqlDbType? type = null)
    {
        var parameter = new NpgsqlParameter { Value = value ?? DBNull.Value };
        if (type is { } known)
        {
            parameter.NpgsqlDbType = known;
        }

        Parameters.Add(parameter);
        return string.Create(CultureInfo.InvariantCulture, $"${Parameters.Count}");
    }

    /// <summary>The conditions as one.</summary>
    public string All => Conditions.Count == 0 ? "true" : string.Join(" AND ", Conditions);
}
