namespace StableRep.Api.Generators;

/// <summary>How far a pull has come: what the topic <see cref="GeneratorPullService.Topic"/> tells, as JSON.</summary>
public sealed record GeneratorPullProgress
{
    /// <summary>The pull's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>The repository.</summary>
    public required string Repository { get; init; }

    /// <summary>The branch, tag or commit.</summary>
    public required string Revision { get; init; }

    /// <summary>What the generator will be called.</summary>
    public required string Name { get; init; }

    /// <summary>Where it stands.</summary>
    public required GeneratorPullState State { get; init; }

    /// <summary>The file that grew last, or null.</summary>
    public string? File { get; init; }

    /// <summary>The bytes that have come.</summary>
    public long Bytes { get; init; }

    /// <summary>The bytes of all files known so far, 0 before they are known.</summary>
    public long Size { get; init; }

    /// <summary>The mean speed so far, in bytes a second.</summary>
    public double BytesPerSecond { get; init; }

    /// <summary>The generator, once it is there.</summary>
    public Guid? GeneratorId { get; init; }

    /// <summary>Why it failed, or null.</summary>
    public string? Failure { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it was over, or null.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
}

/// <summary>Where a pull stands.</summary>
public enum GeneratorPullState
{
    /// <summary>Files are coming.</summary>
    Running,

    /// <summary>The generator is there.</summary>
    Done,

    /// <summary>It broke off; the same pull goes on where it was.</summary>
    Failed,

    /// <summary>Somebody stopped it; the same pull goes on where it was.</summary>
    Cancelled,
}
