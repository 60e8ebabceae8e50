namespace StableRep.Api.Http;

/// <summary>What was asked for cannot be: per field, in the words of the API.</summary>
public sealed class InputException(IReadOnlyDictionary<string, string> errors)
    : Exception(string.Join(" ", errors.Values))
{
    /// <summary>One field is wrong.</summary>
    public InputException(string field, string problem)
        : this(new Dictionary<string, string> { [field] = problem })
    {
    }

    /// <summary>The problem of each field, by its name in camel case.</summary>
    public IReadOnlyDictionary<string, string> Errors { get; } = errors;
}

/// <summary>There is nothing of this kind with this id.</summary>
public sealed class MissingException(string kind, object id) : Exception($"There is no {kind} {id}.");

/// <summary>The thing is in a state in which this cannot be done; the message says what to do first.</summary>
public sealed class ConflictException(string message) : Exception(message);

/// <summary>The person may not do this to this thing; the message says who may.</summary>
public sealed class ForbiddenException(string message) : Exception(message);

/// <summary>The thing was changed since it was read.</summary>
public sealed class StaleException() : Exception("It was changed since you read it: read it again, with its new ETag, and repeat your change.");

/// <summary>A change must say on which version it builds.</summary>
public sealed class VersionRequiredException() : Exception("State the version that you change: send the ETag that you read as If-Match.");
