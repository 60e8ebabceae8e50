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

/// <summary>What was sent does not fit on the disk of the data folder.</summary>
/// <param name="needed">The bytes that it needs; 0 where that is not known beforehand.</param>
/// <param name="usable">The bytes that may still be written.</param>
public sealed class DiskFullException(long needed, long usable) : Exception(FormattableString.Invariant(
    $"{(needed > 0 ? $"It needs {needed / 1e6:0.#} MB and" : "It does not fit:")} the studio's disk has room for {usable / 1e6:0.#} MB: have an admin make room under Storage, then send it again."))
{
    // POSIX's ENOSPC as .NET passes it on, and Windows' ERROR_DISK_FULL.
    private const int NoSpace = 28;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Whether an error of writing a file says that the disk is full.</summary>
    public static bool IsSaidBy(Exception exception) => exception is IOException { HResult: NoSpace or WindowsDiskFull };
}

/// <summary>The person may not do this to this thing; the message says who may.</summary>
public sealed class ForbiddenException(string message) : Exception(message);

/// <summary>The thing was changed since it was read.</summary>
public sealed class StaleException() : Exception("It was changed since you read it: read it again, with its new ETag, and repeat your change.");

/// <summary>A change must say on which version it builds.</summary>
public sealed class VersionRequiredException() : Exception("State the version that you change: send the ETag that you read as If-Match.");
