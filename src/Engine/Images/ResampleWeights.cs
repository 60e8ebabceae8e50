namespace StableRep.Engine.Images;

/// <summary>How pixels between pixels are estimated.</summary>
public enum Interpolation
{
    /// <summary>A triangle of radius 1.</summary>
    Bilinear,

    /// <summary>Keys' cubic of radius 2.</summary>
    Bicubic,
}

/// <summary>
/// The weights that make one output pixel from its input pixels along one axis, equal to PyTorch's <c>interpolate</c> without aligned
/// corners. With antialiasing the filter grows with the reduction, as Pillow's does; bicubic then has a = -0.5, otherwise -0.75.
/// </summary>
/// <param name="First">The first input pixel.</param>
/// <param name="Values">The weights from <paramref name="First"/> on; their sum is 1.</param>
internal readonly record struct ResampleWeights(int First, float[] Values)
{
    /// <summary>The weights of each of <paramref name="outputs"/> pixels over a span of <paramref name="inputs"/> pixels.</summary>
    public static ResampleWeights[] ForAxis(int inputs, int outputs, Interpolation interpolation, bool antialias = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        var axis = new ResampleWeights[outputs];
        for (var output = 0; output < outputs; output++)
        {
            axis[output] = antialias ? Antialiased(output, inputs, outputs, interpolation) : Sampled(output, inputs, outputs, interpolation);
        }

        return axis;
    }

    private static ResampleWeights Antialiased(int output, int inputs, int outputs, Interpolation interpolation)
    {
        var scale = (double)inputs / outputs;
        var stretch = Math.Max(scale, 1);
        var support = (interpolation == Interpolation.Bilinear ? 1 : 2) * stretch;
        var center = scale * (output + 0.5);
        var first = Math.Max((int)(center - support + 0.5), 0);
        var end = Math.Min((int)(center + support + 0.5), inputs);
        var weights = new double[end - first];
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = Filter((first + i - center + 0.5) / stretch, interpolation, cubic: -0.5);
        }

        var sum = weights.Sum();
        return new ResampleWeights(first, Array.ConvertAll(weights, weight => (float)(weight / sum)));
    }

    private static ResampleWeights Sampled(int output, int inputs, int outputs, Interpolation interpolation)
    {
        var position = (output + 0.5) * inputs / outputs - 0.5;
        if (interpolation == Interpolation.Bilinear)
        {
            position = Math.Max(position, 0);
        }

        var radius = interpolation == Interpolation.Bilinear ? 1 : 2;
        var start = (int)Math.Floor(position) - radius + 1;
        var first = Math.Clamp(start, 0, inputs - 1);
        var last = Math.Clamp(start + 2 * radius - 1, 0, inputs - 1);
        var values = new float[last - first + 1];
        for (var tap = start; tap < start + 2 * radius; tap++)
        {
            values[Math.Clamp(tap, 0, inputs - 1) - first] += (float)Filter(tap - position, interpolation, cubic: -0.75);
        }

        return new ResampleWeights(first, values);
    }

    private static double Filter(double x, Interpolation interpolation, double cubic)
    {
        x = Math.Abs(x);
        return (interpolation, x) switch
        {
            (Interpolation.Bilinear, < 1) => 1 - x,
            (Interpolation.Bicubic, < 1) => ((cubic + 2) * x - (cubic + 3)) * x * x + 1,
            (Interpolation.Bicubic, < 2) => ((cubic * x - 5 * cubic) * x + 8 * cubic) * x - 4 * cubic,
            _ => 0,
        };
    }
}
