using System.Globalization;
using MathNet.Numerics.Distributions;

namespace StableRep.Engine.Evaluation;

/// <summary>A mean with its 95% confidence interval by Student's t distribution.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="HalfWidth">Half the interval's width: the mean lies within ± this; null for a single value, which tells nothing of its spread.</param>
/// <param name="Count">How many values were averaged.</param>
public sealed record MeanInterval(double Mean, double? HalfWidth, int Count)
{
    /// <summary>The mean and interval of independent values.</summary>
    /// <exception cref="ArgumentException">There is no value.</exception>
    public static MeanInterval Of(IReadOnlyCollection<double> values)
    {
        if (values.Count == 0)
        {
            throw new ArgumentException("The mean of no values is asked for.", nameof(values));
        }

        var mean = values.Average();
        if (values.Count == 1)
        {
            return new MeanInterval(mean, null, 1);
        }

        var variance = values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1);
        var quantile = StudentT.InvCDF(location: 0, scale: 1, freedom: values.Count - 1, p: 0.975);
        return new MeanInterval(mean, quantile * Math.Sqrt(variance / values.Count), values.Count);
    }

    /// <summary>As percentages with one decimal, such as <c>81.4 ± 0.9</c>.</summary>
    public string ToPercent() => HalfWidth is { } halfWidth
        ? string.Create(CultureInfo.InvariantCulture, $"{Mean * 100:F1} ± {halfWidth * 100:F1}")
        : (Mean * 100).ToString("F1", CultureInfo.InvariantCulture);
}
