using System.Text.Json;
using StableRep.Engine.Training;

namespace StableRep.Engine.Studies;

/// <summary>
/// Writes a run's metrics and log to a file, one JSON object a line, and passes everything on. A resumed run appends; where a (series, step)
/// comes twice the later line holds.
/// </summary>
/// <param name="path">The file; made with its folder where it is missing.</param>
/// <param name="next">Who else is told.</param>
public sealed class JsonLinesObserver(string path, IRunObserver next) : IRunObserver, IDisposable
{
    private readonly StreamWriter _file = Open(path);

    /// <inheritdoc/>
    public void Metric(string series, long step, double value)
    {
        _file.WriteLine(JsonSerializer.Serialize(new { series, step, value }));
        next.Metric(series, step, value);
    }

    /// <inheritdoc/>
    public void Progress(RunProgress progress) => next.Progress(progress);

    /// <inheritdoc/>
    public void CaptionLosses(long step, IReadOnlyList<CaptionLoss> losses) => next.CaptionLosses(step, losses);

    /// <inheritdoc/>
    public void Picture(string name, long step, byte[] png) => next.Picture(name, step, png);

    /// <inheritdoc/>
    public void Log(RunLogLevel level, string message)
    {
        _file.WriteLine(JsonSerializer.Serialize(new { log = level.ToString(), message }));
        next.Log(level, message);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static StreamWriter Open(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        stream.Seek(0, SeekOrigin.End);
        var file = new StreamWriter(stream) { AutoFlush = true };
        // A process that was killed may have left half a line.
        if (stream.Length > 0 && stream.Seek(-1, SeekOrigin.End) >= 0 && stream.ReadByte() != '\n')
        {
            file.WriteLine();
        }

        return file;
    }
}
