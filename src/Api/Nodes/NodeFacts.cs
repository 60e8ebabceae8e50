namespace StableRep.Api.Nodes;

/// <summary>What a process tells of itself at each heartbeat.</summary>
/// <param name="Processors">The processors that it may use.</param>
/// <param name="CpuPercent">Its share of these since the last heartbeat, from 0 to 100.</param>
/// <param name="MemoryBytes">Its memory.</param>
/// <param name="MachineMemoryBytes">The memory that it may use.</param>
/// <param name="Work">What it is at work on.</param>
/// <param name="Version">The studio's version.</param>
/// <param name="Device">What it computes on, or null when it does not work on jobs.</param>
public sealed record NodeFacts(
    int Processors, double CpuPercent, long MemoryBytes, long MachineMemoryBytes, IReadOnlyList<string> Work, string Version, string? Device = null);

/// <summary>One process, as people see it.</summary>
/// <param name="Id">Its id, new at each start.</param>
/// <param name="Name">The machine's name and the process number.</param>
/// <param name="Roles">What it does: <c>web</c>, <c>worker</c>.</param>
/// <param name="StartedAt">When it started.</param>
/// <param name="HeartbeatAt">When it was last heard of.</param>
/// <param name="Gone">Whether it was not heard of for so long that it must be gone.</param>
/// <param name="Facts">What it told last.</param>
public sealed record NodeView(
    Guid Id, string Name, IReadOnlyList<string> Roles, DateTimeOffset StartedAt, DateTimeOffset HeartbeatAt, bool Gone, NodeFacts Facts);
