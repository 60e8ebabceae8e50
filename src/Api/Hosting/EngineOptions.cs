using System.ComponentModel.DataAnnotations;

namespace StableRep.Api.Hosting;

/// <summary>What a worker computes on.</summary>
public sealed class EngineOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Engine";

    /// <summary><c>cpu</c>, <c>cuda</c>, <c>cuda:N</c> or <c>auto</c>.</summary>
    [Required(ErrorMessage = "must not be empty")]
    [RegularExpression("^(cpu|auto|cuda(:[0-9]+)?)$", ErrorMessage = "must be cpu, cuda, cuda:N or auto")]
    public string Device { get; set; } = "auto";

    /// <summary><c>fp32</c>, <c>bf16</c>, <c>fp16</c> or <c>auto</c>.</summary>
    [Required(ErrorMessage = "must not be empty")]
    [RegularExpression("^(fp32|bf16|fp16|auto)$", ErrorMessage = "must be fp32, bf16, fp16 or auto")]
    public string Precision { get; set; } = "auto";

    /// <summary>Threads of one operation on the CPU; without it as many as there are cores.</summary>
    [Range(1, 1024, ErrorMessage = "must be from 1 to 1024, or null for the number of cores")]
    public int? Threads { get; set; }
}
