using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using Hangfire;
using Microsoft.EntityFrameworkCore;
using StableRep.Api.Generators;
using StableRep.Api.Hosting;
using StableRep.Api.Jobs;
using StableRep.Api.Live;
using StableRep.Data;
using StableRep.Data.Artifacts;
using StableRep.Data.Hosting;
using StableRep.Data.Playground;
using StableRep.Engine.Diffusion;
using StableRep.Engine.Evaluation;
using StableRep.Engine.Images;

namespace StableRep.Api.Playground;

/// <summary>Draws a preview. Shards that are being generated on the device pause meanwhile.</summary>
internal sealed partial class PreviewJob(
    IDbContextFactory<StudioDbContext> stores,
    StudioDatabase database,
    GeneratorService generators,
    EngineHost engine,
    IArtifactStore artifacts,
    ExperimentFeed feed,
    TimeProvider clock,
    ILogger<PreviewJob> logger)
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    /// <summary>The name of a preview's lease.</summary>
    public static string LeaseOf(Guid id) => $"preview/{id}";

    /// <summary>Draws the preview unless another worker is at it or nobody wants it.</summary>
    [Queue(JobQueue.Preview)]
    [AutomaticRetry(Attempts = 0)]
    public async Task RunAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var lease = await WorkLease.TryTakeAsync(database.ConnectionString, LeaseOf(id), clock, cancellationToken);
        if (lease is null || !await MoveAsync(id, PreviewState.Pending, PreviewState.Running))
        {
            return;
        }

        using var unwanted = new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(unwanted.Token, lease.Lost, cancellationToken);
        using var ended = new CancellationTokenSource();
        var watch = WatchAsync(id, unwanted, ended.Token);
        try
        {
            await DrawAsync(id, stop.Token);
            await MoveAsync(id, PreviewState.Running, PreviewState.Done);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await MoveAsync(id, PreviewState.Running, PreviewState.Failed, "The worker was stopped in the middle of it: ask again.");
        }
#pragma warning disable CA1031 // Whoever looks at the page reads what it was.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogFailed(exception, id);
            await MoveAsync(id, PreviewState.Running, PreviewState.Failed, exception.Message);
        }
        finally
        {
            await ended.CancelAsync();
            await watch;
            await feed.PublishAsync(PreviewService.Topic(id), "over");
        }
    }

    private async Task DrawAsync(Guid id, CancellationToken stop)
    {
        await using var store = await stores.CreateDbContextAsync(stop);
        var preview = await store.Previews.AsNoTracking().SingleAsync(row => row.Id == id, stop);
        var generator = await store.Generators.AsNoTracking().SingleAsync(row => row.Id == preview.GeneratorId, stop);
        var request = JsonSerializer.Deserialize<NewPreview>(preview.Request, JsonSerializerOptions.Web)!;
        var cells = request.Cells();
        var drawn = Channel.CreateUnbounded<(PixelImage Image, GenerationRecord Record)>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        var keeping = KeepAsync(id, cells, drawn.Reader, stop);
        try
        {
            await engine.UseFirstAsync(
                generators.FolderOf(generator),
                generator.Hash,
                folder =>
                {
                    var pipeline = new TextToImagePipeline(folder);
                    foreach (var cell in cells)
                    {
                        var settings = Settings(request, cell);
                        var prompt = request.Prompts[cell.Prompt];
                        var one = pipeline.Generate([new ImageRequest(prompt.CaptionIndex, prompt.Text, cell.Image)], settings, cancellation: stop).Single();
                        drawn.Writer.TryWrite((one.Image, pipeline.Record(one.Request, settings)));
                    }

                    return cells.Count;
                },
                stop);
        }
        finally
        {
            drawn.Writer.Complete();
            await keeping;
        }
    }

    private static GenerationSettings Settings(NewPreview request, PreviewCell cell) => new()
    {
        Seed = cell.Seed,
        Steps = request.Steps,
        GuidanceScale = cell.GuidanceScale,
        GuidanceRescale = cell.GuidanceScale == 1 ? 0 : request.GuidanceRescale,
        NegativePrompt = cell.GuidanceScale == 1 ? "" : request.NegativePrompt.Normalize().Trim(),
        Sampler = request.Sampler,
        BatchSize = 1,
    };

    /// <summary>Stores the images while the next ones are drawn.</summary>
    private async Task KeepAsync(Guid id, IReadOnlyList<PreviewCell> cells, ChannelReader<(PixelImage, GenerationRecord)> drawn, CancellationToken stop)
    {
        var columns = new Dictionary<(int Prompt, double Scale), PixelDiversity>();
        var index = 0;
        await foreach (var (image, record) in drawn.ReadAllAsync(stop))
        {
            var cell = cells[index];
            if (!columns.TryGetValue((cell.Prompt, cell.GuidanceScale), out var column))
            {
                columns[(cell.Prompt, cell.GuidanceScale)] = column = new PixelDiversity();
            }

            column.Add(image);
            var path = Path.Combine(Path.GetTempPath(), $"{id:N}-{index}.png");
            await File.WriteAllBytesAsync(path, ImageCodec.Encode(image, ImageFormat.Png, record: record), stop);
            await artifacts.PutAsync(PreviewService.ImageKey(id, index), path, stop);
            index++;
            var measures = JsonSerializer.Serialize(
                columns.Select(entry => new PreviewMeasure(entry.Key.Prompt, entry.Key.Scale, entry.Value.Count, entry.Value.Value)), JsonSerializerOptions.Web);
            await using var store = await stores.CreateDbContextAsync(stop);
            await store.Previews.Where(row => row.Id == id && row.State == PreviewState.Running).ExecuteUpdateAsync(
                set => set.SetProperty(row => row.DoneCount, index).SetProperty(row => row.Measures, measures), stop);
            await feed.PublishAsync(PreviewService.Topic(id), index.ToString(CultureInfo.InvariantCulture));
        }
    }

    private async Task<bool> MoveAsync(Guid id, PreviewState from, PreviewState to, string? failure = null)
    {
        await using var store = await stores.CreateDbContextAsync(CancellationToken.None);
        var reason = failure is { Length: > 4000 } ? failure[..4000] : failure;
        return await store.Previews.Where(row => row.Id == id && row.State == from).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.State, to).SetProperty(row => row.Failure, reason), CancellationToken.None) == 1;
    }

    private async Task WatchAsync(Guid id, CancellationTokenSource unwanted, CancellationToken ended)
    {
        try
        {
            using var timer = new PeriodicTimer(WatchInterval, clock);
            while (await timer.WaitForNextTickAsync(ended))
            {
                await using var store = await stores.CreateDbContextAsync(ended);
                if (!await store.Previews.AnyAsync(row => row.Id == id && row.State == PreviewState.Running, ended))
                {
                    await unwanted.CancelAsync();
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
        }
        catch (Npgsql.NpgsqlException exception)
        {
            LogUnseen(exception, id);
            await unwanted.CancelAsync();
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The preview {Preview} failed.")]
    private partial void LogFailed(Exception exception, Guid preview);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whether the preview {Preview} is still wanted cannot be seen: it stops.")]
    private partial void LogUnseen(Exception exception, Guid preview);
}
