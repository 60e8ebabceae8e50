using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using StableRep.Api.CaptionSets;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Data.Hosting;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Checkpoints.Hub;
using StableRep.Engine.Evaluation;
using StableRep.Engine.Images;

namespace StableRep.Api.Http;

/// <summary>What every exception means to whoever asked. Pages and the API say the same.</summary>
public static class ProblemTable
{
    /// <summary>The problem that an exception is.</summary>
    public static ApiProblem Of(Exception exception) => exception switch
    {
        InputException input => Input(input.Message, input.Errors.ToDictionary(error => error.Key, error => new[] { error.Value })),
        MissingException => new(404, "not-found", "There is no such thing", exception.Message),
        ConflictException => new(409, "conflict", "Not in this state", exception.Message),
        IllegalTransitionException => new(409, "illegal-transition", "Not in this state", exception.Message),
        FencedException => new(409, "conflict", "Somebody else has taken it", exception.Message),
        ForbiddenException => new(403, "forbidden", "Not yours to change", exception.Message),
        StaleException => new(412, "stale", "Changed in the meantime", exception.Message),
        DbUpdateConcurrencyException => Of(new StaleException()),
        VersionRequiredException => new(428, "version-required", "Which version?", exception.Message),
        CaptionFileException => new(422, "caption-file", "Unreadable captions", exception.Message),
        CheckpointException => new(422, "checkpoint", "Unusable checkpoint", exception.Message),
        HubException => new(422, "hub", "The hub did not deliver", exception.Message),
        InvalidProbeDatasetException => new(422, "probe-dataset", "Unusable probe dataset", exception.Message),
        InvalidImageException => new(422, "image", "Unreadable image", exception.Message),
        ShardException => new(422, "shard", "Damaged shard", exception.Message),
        DiskFullException => new(507, "disk-full", "No room for it", exception.Message),
        IOException when DiskFullException.IsSaidBy(exception) => Of(new DiskFullException(0, 0)),
        BadHttpRequestException bad => RequestProblems.Of(bad),
        AntiforgeryValidationException => Input("The form is out of date: load the page again and repeat.", null),
        InvalidDataException or IOException { Message: ['U', 'n', 'e', 'x', 'p', 'e', 'c', 't', 'e', 'd', ' ', 'e', 'n', 'd', ..] } =>
            Input("The request's body is broken or incomplete.", null),
        PostgresUnavailableException => OfStatus(503),
        PostgresException postgres => OfStore(postgres),
        DbUpdateException { InnerException: PostgresException postgres } => OfStore(postgres),
        NpgsqlException or DbUpdateException { InnerException: NpgsqlException } or InvalidOperationException { InnerException: NpgsqlException } => OfStatus(503),
        OperationCanceledException => new(499, "cancelled", "Cancelled", "The request was cancelled before it was answered."),
        _ => OfStatus(500),
    };

    /// <summary>The problem of a status that says everything.</summary>
    public static ApiProblem OfStatus(int status) => status switch
    {
        400 => Input("The request cannot be understood.", null),
        401 => new(401, "unauthenticated", "Who are you?", "Log in, or send an API token as 'Authorization: Bearer srs_...'."),
        403 => new(403, "forbidden", "Not allowed", "Your role, or your token's scopes, do not allow this: ask an admin."),
        404 => new(404, "not-found", "There is no such thing", "Nothing has this address."),
        405 => new(405, "method-not-allowed", "Not this method", "The header Allow lists the methods of this address."),
        406 => new(406, "not-acceptable", "Not in this form", "What the header Accept asks for cannot be given."),
        413 => new(413, "too-large", "Too large", "The request's body is larger than this address takes."),
        415 => new(415, "unsupported-media-type", "Not this content type", "Send the content type that the API's reference names, mostly application/json."),
        416 => new(416, "range", "No such range", "The range lies outside of the file."),
        429 => new(429, "too-many-requests", "Too many requests", "Wait as long as the header Retry-After says."),
        431 => new(431, "too-large", "Too large", "The request's headers are too large."),
        503 => new(503, "unavailable", "Not now", "The database does not answer at the moment: try again in a few seconds."),
        500 => new(500, "internal", "Our fault", "Something went wrong here. The log has the details under this trace id."),
        _ => new(status, "http-" + status, ReasonPhrases.GetReasonPhrase(status), ReasonPhrases.GetReasonPhrase(status)),
    };

    /// <summary>Something in the request is wrong.</summary>
    internal static ApiProblem Input(string detail, IReadOnlyDictionary<string, string[]>? errors) =>
        new(400, "invalid-input", "Something in the request is wrong", detail, errors);

    private static ApiProblem OfStore(PostgresException exception) => exception.SqlState switch
    {
        PostgresErrorCodes.UniqueViolation => new(409, "exists", "Exists already", "There is one with this name or id already."),
        PostgresErrorCodes.ForeignKeyViolation => new(409, "conflict", "Something else needs it, or it is gone", "Something else refers to it, or it refers to what is no longer there."),
        PostgresErrorCodes.CheckViolation or PostgresErrorCodes.StringDataRightTruncation or PostgresErrorCodes.NumericValueOutOfRange
            or PostgresErrorCodes.NotNullViolation => Input("A value is out of its range or too long.", null),
        PostgresErrorCodes.DiskFull => Of(new DiskFullException(0, 0)),
        PostgresErrorCodes.CharacterNotInRepertoire or PostgresErrorCodes.UntranslatableCharacter => Input("A text holds characters that are no text.", null),
        PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable => OfStatus(503),
        _ => exception.IsTransient || exception.SqlState.StartsWith("57P", StringComparison.Ordinal) ? OfStatus(503) : OfStatus(500),
    };
}
