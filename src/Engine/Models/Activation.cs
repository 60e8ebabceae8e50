using static TorchSharp.torch;

namespace StableRep.Engine.Models;

/// <summary>The pointwise nonlinearity of a diffusion model's residual blocks (<c>act_fn</c>).</summary>
public enum Activation
{
    /// <summary><c>x · sigmoid(x)</c>; checkpoints write <c>silu</c> or <c>swish</c>.</summary>
    Silu,

    /// <summary><c>x · Φ(x)</c>, the exact form.</summary>
    Gelu,

    /// <summary><c>x · tanh(softplus(x))</c>.</summary>
    Mish,

    /// <summary><c>max(x, 0)</c>.</summary>
    Relu,
}

internal static class Activations
{
    /// <summary>Every name a config may use.</summary>
    public static IReadOnlyList<string> Names { get; } = ["silu", "swish", "gelu", "mish", "relu"];

    public static Activation Parse(string name) => name.ToLowerInvariant() switch
    {
        "silu" or "swish" => Activation.Silu,
        "gelu" => Activation.Gelu,
        "mish" => Activation.Mish,
        "relu" => Activation.Relu,
        _ => throw new ArgumentException($"'{name}' is not an activation: use one of {string.Join(", ", Names)}.", nameof(name)),
    };

    public static Tensor Of(this Activation activation, Tensor x) => activation switch
    {
        Activation.Silu => x.silu(),
        Activation.Gelu => x.gelu(),
        Activation.Mish => nn.functional.mish(x),
        _ => x.relu(),
    };

    /// <summary>Like <see cref="Of"/> for a tensor that nobody else holds: without gradients the result takes its place.</summary>
    public static Tensor OfFresh(this Activation activation, Tensor x)
        => activation == Activation.Silu && !x.requires_grad ? x.silu_() : activation.Of(x);
}
