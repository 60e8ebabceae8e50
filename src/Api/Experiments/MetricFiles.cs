using System.Globalization;
using System.Text;
using System.Text.Json;
using Parquet;
using Parquet.Schema;
using StableRep.Data.Metrics;

namespace StableRep.Api.Experiments;

/// <summary>Writes curves as files, a part at a time, however long they are.</summary>
internal static class MetricFiles
{
    private const int RowsOfGroup = 100_000;
    private const int FlushEvery = 1000;

    public static async Task WriteCsvAsync(IAsyncEnumerable<MetricSample> points, Stream output, CancellationToken cancellationToken)
    {
        await using var writer = new StreamWriter(output, new UTF8Encoding(false), 1 << 16, leaveOpen: true);
        await writer.WriteAsync("step,value,at\n");
        await foreach (var point in points.WithCancellation(cancellationToken))
        {
            await writer.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{point.Step},{point.Value:R},{point.At.UtcDateTime:O}\n"));
        }

        await writer.FlushAsync(cancellationToken);
    }

    public static async Task WriteJsonAsync(IAsyncEnumerable<MetricSample> points, Stream output, CancellationToken cancellationToken)
    {
        await using var writer = new Utf8JsonWriter(output);
        writer.WriteStartArray();
        var count = 0;
        await foreach (var point in points.WithCancellation(cancellationToken))
        {
            writer.WriteStartObject();
            writer.WriteNumber("step", point.Step);
            if (double.IsFinite(point.Value))
            {
                writer.WriteNumber("value", point.Value);
            }
            else
            {
                writer.WriteNull("value");
            }

            writer.WriteString("at", point.At.UtcDateTime);
            writer.WriteEndObject();
            if (++count % FlushEvery == 0)
            {
                await writer.FlushAsync(cancellationToken);
            }
        }

        writer.WriteEndArray();
        await writer.FlushAsync(cancellationToken);
    }

    /// <summary>Parquet is written with its table of contents last and seeks: it goes to a file that is gone once it is read.</summary>
    public static async Task<Stream> ParquetAsync(IAsyncEnumerable<MetricSample> points, CancellationToken cancellationToken)
    {
        var (step, value, at) = (new DataField<long>("step"), new DataField<double>("value"), new DataField<DateTime>("at"));
        var file = new FileStream(
            Path.GetTempFileName(), FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        try
        {
            await using (var writer = await ParquetWriter.CreateAsync(new ParquetSchema(step, value, at), file, cancellationToken: cancellationToken))
            {
                await foreach (var rows in points.Chunk(RowsOfGroup).WithCancellation(cancellationToken))
                {
                    using var group = writer.CreateRowGroup();
                    await group.WriteAsync<long>(step, rows.Select(row => row.Step).ToArray(), cancellationToken: cancellationToken);
                    await group.WriteAsync<double>(value, rows.Select(row => row.Value).ToArray(), cancellationToken: cancellationToken);
                    await group.WriteAsync<DateTime>(at, rows.Select(row => row.At.UtcDateTime).ToArray(), cancellationToken: cancellationToken);
                }
            }

            file.Position = 0;
            return file;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }
}
