namespace StableRep.Data.Hosting;

/// <summary>No PostgreSQL server can be reached or started; the message says what to install, set or mend.</summary>
public sealed class PostgresUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
