namespace StableRep.Api.Experiments;

/// <summary>Where and with what a part of an experiment was computed, as its worker wrote it down when it began.</summary>
public sealed record RunEnvironment
{
    /// <summary>The work: <c>generation</c>, <c>training</c> or <c>probe</c>.</summary>
    public required string Work { get; init; }

    /// <summary>When it began there.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The machine's name.</summary>
    public required string Node { get; init; }

    /// <summary>The studio's version.</summary>
    public required string Version { get; init; }

    /// <summary>The commit that the studio was built from, or null where it was built from no repository.</summary>
    public string? Commit { get; init; }

    /// <summary>The version of .NET.</summary>
    public required string Dotnet { get; init; }

    /// <summary>The version of libtorch.</summary>
    public required string Libtorch { get; init; }

    /// <summary>The device: <c>cpu</c> or <c>cuda:N</c>.</summary>
    public required string Device { get; init; }

    /// <summary>The device's make, or null where the machine does not tell.</summary>
    public string? DeviceName { get; init; }

    /// <summary>The precision of computations on it.</summary>
    public required string Precision { get; init; }

    /// <summary>The operating system.</summary>
    public required string System { get; init; }

    /// <summary>The processor architecture.</summary>
    public required string Architecture { get; init; }

    /// <summary>The processors that the worker may use.</summary>
    public required int Processors { get; init; }

    /// <summary>The threads of one operation on the CPU.</summary>
    public required int Threads { get; init; }

    /// <summary>The seed of the images or of the training, in digits; null for probes, which have none of their own.</summary>
    public string? Seed { get; init; }
}
