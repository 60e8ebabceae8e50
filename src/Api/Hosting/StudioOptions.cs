using System.ComponentModel.DataAnnotations;
using System.Net;

namespace StableRep.Api.Hosting;

/// <summary>What a node is and where its files are. Every key is documented in <c>appsettings.json</c>.</summary>
public sealed class StudioOptions : IValidatableObject
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Studio";

    internal const string Folder = "folder";
    internal const string S3 = "s3";

    /// <summary>The folder of everything that is kept: database, generators, artifacts, runs.</summary>
    [Required(ErrorMessage = "must name a folder")]
    public string DataFolder { get; set; } = "data";

    /// <summary>What this node does, separated by commas: <c>web</c> serves pages and the API, <c>worker</c> works on jobs.</summary>
    [Required(ErrorMessage = "must be 'web', 'worker' or 'web,worker'")]
    public string Roles { get; set; } = "web,worker";

    /// <summary>
    /// Whether people log in: <c>single</c> (nobody does, and the node listens on loopback only), <c>team</c>, or null for <c>single</c> on
    /// loopback with the private cluster and <c>team</c> otherwise.
    /// </summary>
    [AllowedValues(null, "", "single", "team", ErrorMessage = "must be 'single', 'team' or null")]
    public string? Accounts { get; set; }

    /// <summary>
    /// The proxies, by address (<c>10.0.0.5</c>) or network (<c>10.0.0.0/8</c>), that are believed about a client's address, scheme and host;
    /// without any, nobody is.
    /// </summary>
    public IReadOnlyList<string> KnownProxies { get; set; } = [];

    /// <summary>The folder of PostgreSQL's server programs for the private cluster; without it they are looked for.</summary>
    public string? PostgresPrograms { get; set; }

    /// <summary>
    /// Where images, encoders and checkpoints are kept: <c>folder</c>, or <c>s3</c> for the object store of the section <c>Artifacts</c>.
    /// </summary>
    [AllowedValues(Folder, S3, ErrorMessage = "must be 'folder' or 's3'")]
    public string ArtifactStore { get; set; } = Folder;

    /// <summary>The folder of the artifacts; without it <c>artifacts</c> under the data folder. Nodes that share a database share it.</summary>
    public string? ArtifactFolder { get; set; }

    /// <summary>The folders of this machine from which researchers may take caption files by their paths; none by default.</summary>
    public IReadOnlyList<string> ImportRoots { get; set; } = [];

    /// <summary>The seed of a demo experiment that is launched when the node starts, and followed in the terminal; null for none.</summary>
    public int? Demo { get; set; }

    /// <summary>The seconds within which a node that is told to stop writes its checkpoints, hands its work back and ends.</summary>
    [Range(5, 3600, ErrorMessage = "must be from 5 to 3600")]
    public int ShutdownSeconds { get; set; } = 60;

    /// <summary>The megabytes of the data folder's disk that uploads and plans leave free, for the database and the work under way.</summary>
    [Range(0, 1_000_000_000, ErrorMessage = "must be from 0 to 1000000000")]
    public long DiskReserveMegabytes { get; set; } = 1024;

    /// <summary>Whether webhooks may be sent to loopback and private addresses. Who may make a webhook can then reach what this node can.</summary>
    public bool AllowPrivateWebhooks { get; set; }

    /// <summary><see cref="ShutdownSeconds"/> as a time.</summary>
    public TimeSpan Shutdown => TimeSpan.FromSeconds(ShutdownSeconds);

    /// <summary>Whether this node serves pages and the API.</summary>
    public bool IsWeb => RoleNames.Contains("web");

    /// <summary>Whether this node works on jobs.</summary>
    public bool IsWorker => RoleNames.Contains("worker");

    /// <summary>The roles, one by one.</summary>
    public IReadOnlyList<string> RoleNames => Roles.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>A path under the data folder.</summary>
    public string PathOf(string name) => Path.Combine(Path.GetFullPath(DataFolder), name);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var proxy in KnownProxies.Where(proxy => !IPAddress.TryParse(proxy, out _) && !IPNetwork.TryParse(proxy, out _)))
        {
            yield return new ValidationResult($"has '{proxy}': it must be an IP address or a network such as 10.0.0.0/8", [nameof(KnownProxies)]);
        }

        var unknown = RoleNames.Except(["web", "worker"]).ToList();
        if (unknown.Count > 0 || RoleNames.Count == 0)
        {
            yield return new ValidationResult(
                $"is '{Roles}': it must be 'web', 'worker' or 'web,worker'", [nameof(Roles)]);
        }
    }
}
