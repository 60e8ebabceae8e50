using System.ComponentModel.DataAnnotations;

namespace StableRep.Api.Experiments;

/// <summary>How much the demo experiment does; the defaults take some minutes on two cores.</summary>
public sealed class DemoOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Demo";

    /// <summary>The captions of the bundled set that it uses, from its beginning.</summary>
    [Range(32, 1000, ErrorMessage = "must be from 32, which is one batch, to 1000, which is the bundled set")]
    public int Captions { get; set; } = 240;

    /// <summary>Passes over them.</summary>
    [Range(0.5, 1000, ErrorMessage = "must be from 0.5 to 1000")]
    public double Epochs { get; set; } = 40;
}
