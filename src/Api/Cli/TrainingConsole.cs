using System.Globalization;
using StableRep.Engine.Training;

namespace StableRep.Api.Cli;

/// <summary>
/// Shows a training run as lines in the terminal (a line every few seconds, so that it reads well in a log file too), keeps every metric in
/// <c>metrics.csv</c> and every picture in <c>pictures/</c> of the run's work folder.
/// </summary>
internal sealed class TrainingConsole(TextWriter output, string folder, TimeProvider clock) : IRunObserver, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, double> _latest = new(StringComparer.Ordinal);
    private StreamWriter? _metrics;
    private long? _shown;

    public void Metric(string series, long step, double value)
    {
        _latest[series] = value;
        Metrics().WriteLine(string.Create(CultureInfo.InvariantCulture, $"{series},{step},{value:G9}"));
        if (series.EndsWith("/psnr", StringComparison.Ordinal) || series.EndsWith("/held_out_loss", StringComparison.Ordinal))
        {
            Line(string.Create(CultureInfo.InvariantCulture, $"{series} after step {step}: {value:0.0000}"));
        }
    }

    public void Progress(RunProgress progress)
    {
        if (progress.Done < progress.Total && _shown is { } shown && clock.GetElapsedTime(shown) < Interval)
        {
            return;
        }

        _shown = clock.GetTimestamp();
        var loss = _latest.TryGetValue($"{progress.Stage}/loss", out var value) ? $" · loss {value:0.0000}" : "";
        var speed = _latest.TryGetValue($"{progress.Stage}/images_per_second", out var images) ? $" · {images:0} images/s" : "";
        var remaining = progress.Remaining is { } time ? $" · {time:h\\:mm\\:ss} left" : "";
        Line(string.Create(CultureInfo.InvariantCulture, $"{progress.Stage} {progress.Done:N0} of {progress.Total:N0} {progress.Unit}") + loss + speed + remaining);
    }

    public void Picture(string name, long step, byte[] png)
    {
        var pictures = Directory.CreateDirectory(Path.Combine(folder, "pictures")).FullName;
        File.WriteAllBytes(Path.Combine(pictures, string.Create(CultureInfo.InvariantCulture, $"{name}-{step:D7}.png")), png);
        _metrics?.Flush();
    }

    public void Log(RunLogLevel level, string message) => Line(level == RunLogLevel.Information ? message : $"{level}: {message}");

    public void Dispose() => _metrics?.Dispose();

    private void Line(string text) => output.WriteLine($"{clock.GetLocalNow():HH:mm:ss} {text}");

    private StreamWriter Metrics()
    {
        if (_metrics is null)
        {
            Directory.CreateDirectory(folder);
            _metrics = new StreamWriter(Path.Combine(folder, "metrics.csv"), append: true);
        }

        return _metrics;
    }
}
