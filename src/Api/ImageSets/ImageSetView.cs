namespace StableRep.Api.ImageSets;

/// <summary>An image set as lists show it.</summary>
public sealed record ImageSetView
{
    /// <summary>The set's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>The captions.</summary>
    public required Guid CaptionSetId { get; init; }

    /// <summary>The caption set's name.</summary>
    public required string CaptionSet { get; init; }

    /// <summary>The generator.</summary>
    public required Guid GeneratorId { get; init; }

    /// <summary>The generator's name.</summary>
    public required string Generator { get; init; }

    /// <summary>The guidance scale; 1 means no guidance.</summary>
    public required double GuidanceScale { get; init; }

    /// <summary>Images per prompt.</summary>
    public required int ImagesPerPrompt { get; init; }

    /// <summary>The sampler.</summary>
    public required string Sampler { get; init; }

    /// <summary>Denoising steps.</summary>
    public required int Steps { get; init; }

    /// <summary>The seed of the noise.</summary>
    public required long Seed { get; init; }

    /// <summary>What the images should not show.</summary>
    public required string NegativePrompt { get; init; }

    /// <summary>The guidance rescale factor, 0 for none.</summary>
    public required double GuidanceRescale { get; init; }

    /// <summary>The captions used: the first this many of the set.</summary>
    public required int CaptionCount { get; init; }

    /// <summary>The images that it will have.</summary>
    public required long Images { get; init; }

    /// <summary>The images that are there.</summary>
    public required long ImagesDone { get; init; }

    /// <summary>Its shards.</summary>
    public required int Shards { get; init; }

    /// <summary>The shards that are there.</summary>
    public required int ShardsDone { get; init; }

    /// <summary>The experiments that use it.</summary>
    public required int Experiments { get; init; }

    /// <summary>When it was first asked for.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>An image of a set with its caption.</summary>
public sealed record SetImageView
{
    /// <summary>The image's id.</summary>
    public required long Id { get; init; }

    /// <summary>The caption's number in its set, from 0.</summary>
    public required int CaptionIndex { get; init; }

    /// <summary>The image's number among those of its caption, from 0.</summary>
    public required int ImageIndex { get; init; }

    /// <summary>The caption.</summary>
    public required string Caption { get; init; }

    /// <summary>The seed from which, with both numbers, its noise follows.</summary>
    public required long Seed { get; init; }

    /// <summary>The file's bytes.</summary>
    public required int Bytes { get; init; }

    /// <summary>The rejected image that it replaces, or null.</summary>
    public long? ReplacesId { get; init; }

    /// <summary>Where its file is.</summary>
    public string Url => FormattableString.Invariant($"/api/v1/images/{Id}");

    /// <summary>Where its thumbnail is.</summary>
    public string ThumbnailUrl => FormattableString.Invariant($"/api/v1/images/{Id}/thumbnail");
}

/// <summary>A shard of an image set.</summary>
public sealed record ShardView
{
    /// <summary>Its number in the set, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Where the work stands.</summary>
    public required Data.WorkState State { get; init; }

    /// <summary>The first caption's number.</summary>
    public required int FirstCaption { get; init; }

    /// <summary>The number of captions.</summary>
    public required int CaptionCount { get; init; }

    /// <summary>The tar's bytes, 0 before it is there.</summary>
    public required long Bytes { get; init; }

    /// <summary>The seconds that making it took, 0 before.</summary>
    public required double Seconds { get; init; }

    /// <summary>Why the work failed, or null.</summary>
    public string? Failure { get; init; }

    /// <summary>When it was finished.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
}
