using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using StableRep.Data.Accounts;
using StableRep.Data.CaptionSets;
using StableRep.Data.Experiments;
using StableRep.Data.Generators;
using StableRep.Data.Http;
using StableRep.Data.ImageSets;
using StableRep.Data.Metrics;
using StableRep.Data.Nodes;
using StableRep.Data.Playground;
using StableRep.Data.Probes;
using StableRep.Data.Review;
using StableRep.Data.Sweeps;
using StableRep.Data.Webhooks;

namespace StableRep.Data;

/// <summary>The experiment store, in the schema <c>app</c>.</summary>
public sealed class StudioDbContext(DbContextOptions<StudioDbContext> options)
    : IdentityDbContext<StudioUser, IdentityRole<Guid>, Guid>(options), IDataProtectionKeyContext
{
    /// <summary>The schema of all tables but Hangfire's.</summary>
    public const string Schema = "app";

    /// <summary>Tokens of the API.</summary>
    public DbSet<ApiToken> ApiTokens => Set<ApiToken>();

    /// <summary>Who did what.</summary>
    public DbSet<AuditEntry> AuditEntries => Set<AuditEntry>();

    /// <summary>Replies to requests with an idempotency key.</summary>
    public DbSet<StoredReply> StoredReplies => Set<StoredReply>();

    /// <summary>Caption sets.</summary>
    public DbSet<CaptionSet> CaptionSets => Set<CaptionSet>();

    /// <summary>Captions.</summary>
    public DbSet<Caption> Captions => Set<Caption>();

    /// <summary>Lines of uploads that are not captions as they stand.</summary>
    public DbSet<CaptionProblem> CaptionProblems => Set<CaptionProblem>();

    /// <summary>Installed generators.</summary>
    public DbSet<Generator> Generators => Set<Generator>();

    /// <summary>Image sets.</summary>
    public DbSet<ImageSet> ImageSets => Set<ImageSet>();

    /// <summary>Shards of image sets.</summary>
    public DbSet<Shard> Shards => Set<Shard>();

    /// <summary>Generated images.</summary>
    public DbSet<GeneratedImage> Images => Set<GeneratedImage>();

    /// <summary>Experiments.</summary>
    public DbSet<Experiment> Experiments => Set<Experiment>();

    /// <summary>The events of experiments.</summary>
    public DbSet<ExperimentEvent> ExperimentEvents => Set<ExperimentEvent>();

    /// <summary>Previews.</summary>
    public DbSet<Preview> Previews => Set<Preview>();

    /// <summary>Sweeps.</summary>
    public DbSet<Sweep> Sweeps => Set<Sweep>();

    /// <summary>Probes.</summary>
    public DbSet<Probe> Probes => Set<Probe>();

    /// <summary>Probe datasets.</summary>
    public DbSet<ProbeDataset> ProbeDatasets => Set<ProbeDataset>();

    /// <summary>Review marks.</summary>
    public DbSet<ReviewMark> ReviewMarks => Set<ReviewMark>();

    /// <summary>What reviewers did.</summary>
    public DbSet<ReviewAction> ReviewActions => Set<ReviewAction>();

    /// <summary>How marks were before.</summary>
    public DbSet<ReviewChange> ReviewChanges => Set<ReviewChange>();

    /// <summary>How image sets are reviewed.</summary>
    public DbSet<ReviewSettings> ReviewSettings => Set<ReviewSettings>();

    /// <summary>Who is to review what.</summary>
    public DbSet<ReviewAssignment> ReviewAssignments => Set<ReviewAssignment>();

    /// <summary>Last words on images.</summary>
    public DbSet<ReviewResolution> ReviewResolutions => Set<ReviewResolution>();

    /// <summary>Images that are to replace rejected ones.</summary>
    public DbSet<Regeneration> Regenerations => Set<Regeneration>();

    /// <summary>Measures of positive sets.</summary>
    public DbSet<PositiveSetMeasure> PositiveSetMeasures => Set<PositiveSetMeasure>();

    /// <summary>The images on which experiments train.</summary>
    public DbSet<TrainingSelection> TrainingSelections => Set<TrainingSelection>();

    /// <summary>The names of curves.</summary>
    public DbSet<MetricSeries> MetricSeries => Set<MetricSeries>();

    /// <summary>The points of curves.</summary>
    public DbSet<MetricPoint> MetricPoints => Set<MetricPoint>();

    /// <summary>The processes at work.</summary>
    public DbSet<Node> Nodes => Set<Node>();

    /// <summary>Addresses that are told of state changes.</summary>
    public DbSet<Webhook> Webhooks => Set<Webhook>();

    /// <summary>What is on its way to them, and what has arrived.</summary>
    public DbSet<WebhookDelivery> WebhookDeliveries => Set<WebhookDelivery>();

    /// <inheritdoc/>
    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    /// <summary>In queries: the text under a key of a column of JSON, or null when there is none.</summary>
    public static string? JsonText(string json, string key) => throw new NotSupportedException("This is translated to SQL.");

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.HasDefaultSchema(Schema);
        builder.HasDbFunction(() => JsonText("", "")).HasName("jsonb_extract_path_text").IsBuiltIn()
            .HasParameter("json").HasStoreType("jsonb");
        builder.ApplyConfigurationsFromAssembly(typeof(StudioDbContext).Assembly);
        builder.Entity<StudioUser>(user =>
        {
            user.ToTable("users");
            user.Property(person => person.DisplayName).HasMaxLength(200);
        });
        builder.Entity<IdentityRole<Guid>>().ToTable("roles");
        builder.Entity<IdentityUserRole<Guid>>().ToTable("user_roles");
        builder.Entity<IdentityUserClaim<Guid>>().ToTable("user_claims");
        builder.Entity<IdentityUserLogin<Guid>>().ToTable("user_logins");
        builder.Entity<IdentityUserToken<Guid>>().ToTable("user_tokens");
        builder.Entity<IdentityRoleClaim<Guid>>().ToTable("role_claims");
        AccountSeed.Seed(builder);
    }
}
