namespace StableRep.Api.Http;

/// <summary>Why a request was refused: what RFC 9457 calls a problem.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Name">The problem's stable name; <c>/problems/&lt;name&gt;</c> is its type.</param>
/// <param name="Title">What kind of problem it is.</param>
/// <param name="Detail">What happened and what to do.</param>
/// <param name="Errors">What is wrong with each field, by its name in the request; null where no field is at fault.</param>
public sealed record ApiProblem(int Status, string Name, string Title, string Detail, IReadOnlyDictionary<string, string[]>? Errors = null)
{
    /// <summary>The problem's type: a stable URI.</summary>
    public string Type => "/problems/" + Name;
}
