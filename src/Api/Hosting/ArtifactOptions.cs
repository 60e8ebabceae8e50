using System.ComponentModel.DataAnnotations;
using StableRep.Data.Artifacts;

namespace StableRep.Api.Hosting;

/// <summary>The object store of <c>Studio:ArtifactStore</c> = <c>s3</c> and this node's cache of it.</summary>
public sealed class ArtifactOptions : IValidatableObject
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Artifacts";

    /// <summary>The object store.</summary>
    public S3Options S3 { get; set; } = new();

    /// <summary>The folder of the copies of artifacts that this machine's nodes use; without it <c>cache/artifacts</c> under the data folder.</summary>
    public string? CacheFolder { get; set; }

    /// <summary>
    /// The room for those copies in gigabytes. What is in use is never removed: plan at least the largest image set that one worker trains on.
    /// </summary>
    [Range(1, 1_000_000, ErrorMessage = "must be from 1 to 1000000")]
    public int CacheGigabytes { get; set; } = 50;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (S3.AccessKey is null != S3.SecretKey is null)
        {
            yield return new ValidationResult("must both be set, or neither", ["S3:AccessKey", "S3:SecretKey"]);
        }
    }
}
