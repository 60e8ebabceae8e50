using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace StableRep.Data.Webhooks;

/// <summary>One event on its way to one webhook. Written in the transaction of the event itself, so that none is forgotten.</summary>
public sealed class WebhookDelivery
{
    /// <summary>The delivery's number. The receiver knows a repeated delivery by it.</summary>
    public long Id { get; init; }

    /// <summary>The webhook.</summary>
    public required Guid WebhookId { get; init; }

    /// <summary>The event's name, such as <c>experiment.done</c>.</summary>
    public required string Event { get; init; }

    /// <summary>The body to send.</summary>
    public required string Payload { get; init; }

    /// <summary>Where it stands.</summary>
    public DeliveryState State { get; set; }

    /// <summary>How often it was tried.</summary>
    public int Attempts { get; set; }

    /// <summary>When it is tried next, if it is pending.</summary>
    public required DateTimeOffset NextAttemptAt { get; set; }

    /// <summary>The HTTP status of the last answer, or null when there was none.</summary>
    public int? Status { get; set; }

    /// <summary>What went wrong the last time, or null.</summary>
    public string? Failure { get; set; }

    /// <summary>When the event happened.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the receiver took it, or it was given up.</summary>
    public DateTimeOffset? FinishedAt { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<WebhookDelivery>
    {
        public void Configure(EntityTypeBuilder<WebhookDelivery> builder)
        {
            builder.ToTable("webhook_deliveries");
            builder.Property(delivery => delivery.Event).HasMaxLength(60);
            builder.Property(delivery => delivery.Payload).HasColumnType("jsonb");
            builder.Property(delivery => delivery.Failure).HasMaxLength(1000);
            builder.HasEnum(delivery => delivery.State);
            builder.HasIndex(delivery => delivery.NextAttemptAt).HasFilter("state = 'pending'");
            builder.HasIndex(delivery => new { delivery.WebhookId, delivery.Id });
            builder.HasOne<Webhook>().WithMany().HasForeignKey(delivery => delivery.WebhookId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}

/// <summary>Where a delivery stands.</summary>
public enum DeliveryState
{
    /// <summary>It is still to be taken.</summary>
    Pending,

    /// <summary>The receiver took it.</summary>
    Delivered,

    /// <summary>It was given up after the last try.</summary>
    Failed,
}
