using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Options;
using StableRep.Api.Hosting;
using StableRep.Api.Http;
using StableRep.Api.Live;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Checkpoints.Hub;

namespace StableRep.Api.Generators;

/// <summary>
/// Fetches generators from the hub while whoever asked does something else. The node that was asked works; all nodes hear of the progress on
/// <see cref="Topic"/> and can show and stop it.
/// </summary>
public sealed partial class GeneratorPullService(
    GeneratorService generators,
    ExperimentFeed feed,
    IConfiguration configuration,
    IOptions<StudioOptions> options,
    IHostApplicationLifetime lifetime,
    TimeProvider clock,
    ILogger<GeneratorPullService> logger) : IDisposable
{
    /// <summary>The topic of <see cref="ExperimentFeed"/> on which each <see cref="GeneratorPullProgress"/> is told.</summary>
    public const string Topic = "pulls";

    private const string StopTopic = "pulls:stop";
    private const int MostRemembered = 100;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<Guid, GeneratorPullProgress> _known = [];
    private readonly ConcurrentDictionary<Guid, CancellationTokenSource> _running = [];
    private readonly Lock _gate = new();
    private IDisposable[]? _subscriptions;

    /// <summary>Every pull that is heard of, the newest first.</summary>
    public IReadOnlyList<GeneratorPullProgress> List()
    {
        Listen();
        return [.. _known.Values.OrderByDescending(pull => pull.StartedAt)];
    }

    /// <summary>How far a pull has come.</summary>
    /// <exception cref="MissingException">There is no such pull, or every node that heard of it was started anew.</exception>
    public GeneratorPullProgress Get(Guid id)
    {
        Listen();
        return _known.GetValueOrDefault(id) ?? throw new MissingException("pull", id);
    }

    /// <summary>Begins to fetch a generator; the same pull of a stopped one goes on where it was.</summary>
    /// <param name="repository"><c>OWNER/NAME</c> of the configured hub, or the address of its page there.</param>
    /// <param name="revision">A branch, tag or commit; null for the address's or <c>main</c>.</param>
    /// <param name="name">What to call the generator; null for the repository's name.</param>
    /// <param name="variant">The weights' variant, such as <c>fp16</c>, or null for the plain ones.</param>
    /// <param name="cancellationToken">Cancels the beginning, not the pull.</param>
    /// <exception cref="InputException">The repository, revision or name is none.</exception>
    /// <exception cref="ConflictException">A generator has the name, or a pull is at it.</exception>
    public async Task<GeneratorPullProgress> StartAsync(
        string repository, string? revision = null, string? name = null, string? variant = null, CancellationToken cancellationToken = default)
    {
        Listen();
        var hub = configuration.HubOptions();
        var wanted = Wanted(repository, revision, hub);
        var library = new GeneratorLibrary(options.Value.PathOf("generators"));
        var pull = new GeneratorPullProgress
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()),
            Repository = wanted.Id,
            Revision = wanted.Revision,
            Name = Free(name ?? wanted.Name, library),
            State = GeneratorPullState.Running,
            StartedAt = clock.GetUtcNow(),
        };
        if (variant is not null && (variant.Length is 0 or > 40 || !variant.All(char.IsAsciiLetterOrDigit)))
        {
            throw new InputException("variant", "A variant is a word such as fp16.");
        }

        lock (_gate)
        {
            if (_known.Values.FirstOrDefault(other => other.Name == pull.Name && other.State == GeneratorPullState.Running) is { } other)
            {
                throw new ConflictException($"A pull of '{other.Name}' is running: wait for it, stop it, or give another name.");
            }

            _known[pull.Id] = pull;
        }

        await TellAsync(pull);
        var stop = _running[pull.Id] = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping);
        _ = Task.Run(() => RunAsync(pull, wanted, variant, hub, library, stop), CancellationToken.None);
        return pull;
    }

    /// <summary>Stops a pull, whichever node is at it; what has come stays for the next one.</summary>
    /// <exception cref="MissingException">There is no such pull.</exception>
    /// <exception cref="ConflictException">It is over.</exception>
    public async Task StopAsync(Guid id)
    {
        if (Get(id) is { State: not GeneratorPullState.Running } over)
        {
            throw new ConflictException($"The pull of '{over.Name}' is over.");
        }

        if (_running.TryGetValue(id, out var stop))
        {
            await stop.CancelAsync();
        }
        else
        {
            await feed.PublishAsync(StopTopic, id.ToString());
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var subscription in _subscriptions ?? [])
        {
            subscription.Dispose();
        }
    }

    private static HubRepository Wanted(string repository, string? revision, HubOptions hub)
    {
        try
        {
            var wanted = HubRepository.Parse(repository, revision);

            // A node must not be sent to addresses of somebody's choice.
            return wanted.BaseAddress is null || wanted.BaseAddress.GetLeftPart(UriPartial.Authority) == hub.BaseAddress.GetLeftPart(UriPartial.Authority)
                ? wanted
                : throw new InputException("repository", $"This node fetches from {hub.BaseAddress} only: write OWNER/NAME, or have Hub:BaseAddress changed.");
        }
        catch (FormatException exception)
        {
            throw new InputException("repository", exception.Message);
        }
    }

    private static string Free(string name, GeneratorLibrary library)
    {
        try
        {
            return library.Find(name) is null ? name : throw new ConflictException($"There is a generator '{name}' already: give another name, or delete it first.");
        }
        catch (FormatException exception)
        {
            throw new InputException("name", exception.Message);
        }
    }

    private async Task RunAsync(
        GeneratorPullProgress pull, HubRepository wanted, string? variant, HubOptions hub, GeneratorLibrary library, CancellationTokenSource stop)
    {
        var watch = clock.GetTimestamp();
        var last = pull;
        var told = TimeSpan.MinValue;
        var progress = new Reporter(now =>
        {
            var elapsed = clock.GetElapsedTime(watch);
            last = pull with { File = now.File, Bytes = now.TotalBytes, Size = now.TotalSize, BytesPerSecond = now.TotalBytes / Math.Max(elapsed.TotalSeconds, 0.001) };
            if (told == TimeSpan.MinValue || elapsed - told >= Interval)
            {
                told = elapsed;
                _ = TellAsync(last);
            }
        });
        GeneratorPullProgress over;
        try
        {
            using var client = new HubClient(hub.For(wanted), clock);
            await new GeneratorPull(client, library).RunAsync(wanted, pull.Name, variant, progress: progress, cancellationToken: stop.Token);
            var all = await generators.RefreshAsync(stop.Token);
            over = last with { State = GeneratorPullState.Done, GeneratorId = all.FirstOrDefault(generator => generator.Name == pull.Name)?.Id };
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            over = last with { State = GeneratorPullState.Cancelled };
        }
#pragma warning disable CA1031 // Whatever went wrong is told to whoever asked for the pull.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogFailed(exception, pull.Repository);
            var failure = ProblemTable.Of(exception) is { Status: < 500 } problem ? problem.Detail : exception is HttpRequestException or IOException ? exception.Message : "Something went wrong here; the log has the details.";
            over = last with { State = GeneratorPullState.Failed, Failure = failure.Length <= 2000 ? failure : failure[..2000] };
        }

        _running.TryRemove(pull.Id, out _);
        stop.Dispose();
        await TellAsync(over with { FinishedAt = clock.GetUtcNow() });
    }

    private async Task TellAsync(GeneratorPullProgress pull)
    {
        Remember(pull);
        try
        {
            await feed.PublishAsync(Topic, JsonSerializer.Serialize(pull, StudioJson.Options));
        }
        catch (Npgsql.NpgsqlException exception)
        {
            // Progress is only news: the next one is told again.
            LogUntold(exception);
        }
    }

    private void Remember(GeneratorPullProgress pull)
    {
        _known.AddOrUpdate(pull.Id, pull, (_, known) => known.FinishedAt is null ? pull : known);
        foreach (var old in _known.Values.Where(known => known.FinishedAt is not null).OrderByDescending(known => known.StartedAt).Skip(MostRemembered))
        {
            _known.TryRemove(old.Id, out _);
        }
    }

    private void Listen()
    {
        lock (_gate)
        {
            _subscriptions ??=
            [
                feed.SubscribeTopic(Topic, text =>
                {
                    Remember(JsonSerializer.Deserialize<GeneratorPullProgress>(text, StudioJson.Options)!);
                    return Task.CompletedTask;
                }),
                feed.SubscribeTopic(StopTopic, text => Guid.TryParse(text, out var id) && _running.TryGetValue(id, out var stop) ? stop.CancelAsync() : Task.CompletedTask),
            ];
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pulling {Repository} failed.")]
    private partial void LogFailed(Exception exception, string repository);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A pull's progress could not be told.")]
    private partial void LogUntold(Exception exception);

    // Progress<T> would report through the pool, out of order.
    private sealed class Reporter(Action<PullProgress> report) : IProgress<PullProgress>
    {
        public void Report(PullProgress value) => report(value);
    }
}
