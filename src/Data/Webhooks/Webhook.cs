using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using StableRep.Data.Accounts;

namespace StableRep.Data.Webhooks;

/// <summary>An address that is told of experiments' state changes.</summary>
public sealed class Webhook
{
    /// <summary>The stands-for-all of <see cref="Events"/>.</summary>
    public const string AllEvents = "*";

    /// <summary>The webhook's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>Who made it.</summary>
    public required Guid OwnerId { get; init; }

    /// <summary>Where to send.</summary>
    public required string Url { get; set; }

    /// <summary>The key of the signatures, protected. Shown once, when it is made.</summary>
    public required string Secret { get; init; }

    /// <summary>Which events are sent: names such as <c>experiment.done</c>, or <see cref="AllEvents"/>.</summary>
    public required string[] Events { get; set; }

    /// <summary>Whether anything is sent.</summary>
    public bool Active { get; set; } = true;

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    internal sealed class Configuration : IEntityTypeConfiguration<Webhook>
    {
        public void Configure(EntityTypeBuilder<Webhook> builder)
        {
            builder.Property(webhook => webhook.Url).HasMaxLength(2000);
            builder.Property(webhook => webhook.Secret).HasMaxLength(200);
            builder.HasOne<StudioUser>().WithMany().HasForeignKey(webhook => webhook.OwnerId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
