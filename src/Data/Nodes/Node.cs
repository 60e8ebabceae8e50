using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace StableRep.Data.Nodes;

/// <summary>A process that serves pages or works on jobs. A row without a recent heartbeat is a process that is gone.</summary>
public sealed class Node
{
    /// <summary>The process's id, new at each start.</summary>
    public required Guid Id { get; init; }

    /// <summary>The machine's name and the process number.</summary>
    public required string Name { get; init; }

    /// <summary>What it does: <c>web</c>, <c>worker</c>.</summary>
    public required string[] Roles { get; init; }

    /// <summary>Its device and how much it is used, as JSON.</summary>
    public required string Devices { get; set; }

    /// <summary>When it started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it was last heard of.</summary>
    public required DateTimeOffset HeartbeatAt { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<Node>
    {
        public void Configure(EntityTypeBuilder<Node> builder)
        {
            builder.Property(node => node.Name).HasMaxLength(300);
            builder.Property(node => node.Devices).HasColumnType("jsonb");
        }
    }
}
