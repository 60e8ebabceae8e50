using StableRep.Engine.Checkpoints;

namespace StableRep.Engine.Diffusion;

/// <summary>
/// Which training timesteps a sampler visits (Lin et al. 2023, table 2). Halves are rounded to even and ranges are counted in doubles, as
/// NumPy does, so that every number of steps gives the reference's timesteps.
/// </summary>
internal sealed class Spacing
{
    private readonly string _kind;
    private readonly int _length;
    private readonly int _offset;

    private Spacing(string kind, int length, int offset) => (_kind, _length, _offset) = (kind, length, offset);

    /// <summary>Whether the first timestep may lie below the schedule's end, so that the first sample is part image.</summary>
    public bool IsLeading => _kind == "leading";

    public static Spacing Read(ConfigDocument config, int length, string fallback)
    {
        config.Expect("timestep_spacing", "leading", "trailing", "linspace");
        return new(config.String("timestep_spacing", fallback), length, config.Int32("steps_offset", 0));
    }

    /// <summary>The timesteps of DDIM, PNDM and the Euler samplers, the largest first.</summary>
    public double[] Descending(int steps, bool rounded)
    {
        CheckSteps(steps);
        return _kind switch
        {
            "linspace" => Backwards(Linspace(0, _length - 1, steps), rounded),
            "leading" => [.. Enumerable.Range(0, steps).Reverse().Select(i => (double)(i * (_length / steps)) + _offset)],
            _ => Trailing(_length, steps),
        };
    }

    /// <summary>The timesteps of DPM-Solver, which divides by one more than the number of steps and may start below the schedule's end.</summary>
    public double[] DescendingWithEnd(int steps, int last)
    {
        CheckSteps(steps);
        return _kind switch
        {
            "linspace" => Backwards(Linspace(0, last - 1, steps + 1), rounded: true)[..^1],
            "leading" => [.. Enumerable.Range(1, steps).Reverse().Select(i => (double)(i * (last / (steps + 1))) + _offset)],
            _ => Trailing(last, steps),
        };
    }

    /// <summary>Evenly spaced values, both ends included; one value is the start.</summary>
    public static double[] Linspace(double start, double stop, int count)
    {
        var values = new double[count];
        var step = (stop - start) / (count - 1);
        for (var i = 0; i < count; i++)
        {
            values[i] = i == 0 ? start : i == count - 1 ? stop : (i * step) + start;
        }

        return values;
    }

    /// <summary>Piecewise linear interpolation of a table over its indices, constant beyond its ends.</summary>
    public static double Interpolate(double position, float[] table)
    {
        if (position <= 0 || position >= table.Length - 1)
        {
            return table[position <= 0 ? 0 : ^1];
        }

        var below = (int)position;
        return (((double)table[below + 1] - table[below]) * (position - below)) + table[below];
    }

    private void CheckSteps(int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(steps, _length);
    }

    private static double[] Backwards(double[] values, bool rounded) =>
        [.. values.Reverse().Select(value => rounded ? Math.Round(value) : value)];

    private double[] Trailing(int from, int steps)
    {
        var ratio = _length / (double)steps;
        var step = (from - ratio) - from;

        // NumPy's range has one timestep more, -1, where rounding makes the quotient exceed a whole number (61 of 1000): not wanted.
        var count = (int)Math.Ceiling((from / ratio) - 1e-9);
        return [.. Enumerable.Range(0, count).Select(i => Math.Round(from + (i * step)) - 1)];
    }
}
