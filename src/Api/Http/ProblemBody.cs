using System.ComponentModel;
using System.Text.Json.Serialization;

namespace StableRep.Api.Http;

/// <summary>A problem as the API writes it (RFC 9457).</summary>
public sealed record ProblemBody
{
    /// <summary>The kind of problem: a stable URI.</summary>
    [Description("The kind of problem, a stable URI: /problems/<name>.")]
    public required string Type { get; init; }

    /// <summary>The kind of problem, for people.</summary>
    public required string Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>What happened and what to do.</summary>
    public required string Detail { get; init; }

    /// <summary>The address that was asked.</summary>
    public required string Instance { get; init; }

    /// <summary>Under which id the log has this request.</summary>
    public required string TraceId { get; init; }

    /// <summary>What is wrong with each field; absent where no field is at fault.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Description("What is wrong with each field, by its name in the request; absent where no field is at fault.")]
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }
}
