using Npgsql;

namespace StableRep.Web.Shared;

/// <summary>What people read of an error.</summary>
public static class Problem
{
    /// <summary>
    /// An error's words: those of the studio's own errors as they are, since they are written for people; of others only what helps, never
    /// their internals.
    /// </summary>
    public static string Message(Exception? error) => error switch
    {
        null => "Something went wrong.",
        NpgsqlException => "The studio's database does not answer. It is started again by itself where it can be; try again in a moment.",
        OperationCanceledException or TimeoutException => "That took too long and was stopped. Try again.",
        _ when error.GetType().Namespace?.StartsWith("StableRep.", StringComparison.Ordinal) == true => error.Message,
        _ => "The studio made an error here. It is written down in the node's log.",
    };
}
