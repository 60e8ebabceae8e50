using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StableRep.Engine.Models;

/// <summary>Two linear layers over the sinusoids of a time step.</summary>
internal sealed class TimestepEmbedding : nn.Module<Tensor, Tensor>
{
    private const double LongestPeriod = 10000;
    private readonly Linear linear_1;
    private readonly Linear linear_2;
    private readonly Activation _activation;

    public TimestepEmbedding(int sinusoids, int channels, Activation activation, Device? device) : base(nameof(TimestepEmbedding))
    {
        _activation = activation;
        linear_1 = nn.Linear(sinusoids, channels, device: device);
        linear_2 = nn.Linear(channels, channels, device: device);
        RegisterComponents();
    }

    /// <summary>Sinusoids of time steps <c>[T]</c> → <c>[T, width]</c> in fp32, with geometrically spaced frequencies from 1 to about 1 / 10000.</summary>
    /// <param name="timesteps">Time steps, fractional ones too.</param>
    /// <param name="width">Number of sinusoids; an odd one ends with a zero.</param>
    /// <param name="cosineFirst">Whether the cosines come before the sines (<c>flip_sin_to_cos</c>).</param>
    /// <param name="frequencyShift">Taken from the number of frequencies in their spacing (<c>freq_shift</c>).</param>
    public static Tensor Sinusoids(Tensor timesteps, int width, bool cosineFirst, double frequencyShift)
    {
        using var scope = NewDisposeScope();
        var half = width / 2;
        var exponents = -Math.Log(LongestPeriod) * arange(half, dtype: float32, device: timesteps.device) / (half - frequencyShift);
        var angles = timesteps.to(float32).unsqueeze(1) * exponents.exp().unsqueeze(0);     // [T, width / 2]
        var sinusoids = cat(cosineFirst ? [angles.cos(), angles.sin()] : [angles.sin(), angles.cos()], 1);
        return (width % 2 == 0 ? sinusoids : nn.functional.pad(sinusoids, [0, 1])).MoveToOuterDisposeScope();
    }

    /// <summary><c>[T, sinusoids]</c> → <c>[T, channels]</c>.</summary>
    public override Tensor forward(Tensor sinusoids)
    {
        using var scope = NewDisposeScope();
        return linear_2.call(_activation.OfFresh(linear_1.call(sinusoids))).MoveToOuterDisposeScope();
    }
}
