using System.ComponentModel.DataAnnotations;

namespace StableRep.Data.Artifacts;

/// <summary>An S3-compatible object store.</summary>
public sealed class S3Options
{
    /// <summary>The service's address, such as <c>https://minio.example.org:9000</c>; without it Amazon's own.</summary>
    [Url(ErrorMessage = "must be an http or https address, or null for Amazon's own")]
    public string? Endpoint { get; set; }

    /// <summary>The region that requests are signed for. Most other services than Amazon's take any.</summary>
    [Required(ErrorMessage = "must name a region, such as us-east-1")]
    public string Region { get; set; } = "us-east-1";

    /// <summary>The bucket. It must exist.</summary>
    [RegularExpression("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", ErrorMessage = "must be a bucket's name: 3 to 63 of a-z, 0-9, '.' and '-'")]
    public string? Bucket { get; set; }

    /// <summary>What all keys of this studio begin with, such as <c>studio/</c>, so that a bucket can be shared; may be empty.</summary>
    [RegularExpression("^([a-z0-9][a-z0-9._-]*/)*$", ErrorMessage = "must be empty or path segments of a-z, 0-9, '.', '-' and '_', each ended by '/'")]
    public string Prefix { get; set; } = "";

    /// <summary>The access key's id; without it credentials are found as Amazon's tools do (environment, profile, the machine's role).</summary>
    public string? AccessKey { get; set; }

    /// <summary>The secret access key that belongs to <see cref="AccessKey"/>. Set it in the environment, not in a file.</summary>
    public string? SecretKey { get; set; }

    /// <summary>Whether the bucket is named in the path of addresses, as most services other than Amazon's want it, instead of in the host.</summary>
    public bool PathStyle { get; set; } = true;
}
