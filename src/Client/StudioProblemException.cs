using System.Net;

namespace StableRep.Client;

/// <summary>The studio refused a request; what it says is a problem of RFC 9457.</summary>
public sealed class StudioProblemException : Exception
{
    internal StudioProblemException(HttpStatusCode status, StudioProblem? problem)
        : base(problem?.Detail ?? $"The studio answered {(int)status}.") => (Status, Problem) = (status, problem);

    /// <summary>The HTTP status.</summary>
    public HttpStatusCode Status { get; }

    /// <summary>The problem as the studio wrote it, or null when something before the studio answered.</summary>
    public StudioProblem? Problem { get; }

    /// <summary>The kind of problem, such as <c>not-found</c>; empty where the studio said none.</summary>
    public string Kind => Problem?.Type is { } type ? type[(type.LastIndexOf('/') + 1)..] : "";
}

/// <summary>A problem.</summary>
/// <param name="Type">Its kind, a stable address.</param>
/// <param name="Title">Its kind, for people.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What happened and what to do.</param>
/// <param name="TraceId">Under which id the studio's log has the request.</param>
/// <param name="Errors">What is wrong with each field, or null.</param>
public sealed record StudioProblem(string Type, string Title, int Status, string? Detail, string? TraceId, IReadOnlyDictionary<string, string[]>? Errors);
