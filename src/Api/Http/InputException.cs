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
