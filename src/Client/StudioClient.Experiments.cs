using System.Globalization;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace StableRep.Client;

/// <content>Experiments.</content>
public sealed partial class StudioClient
{
    private const string Root = "/api/v1/experiments";

    /// <summary>Experiments, the newest first unless another order is asked for.</summary>
    public IAsyncEnumerable<ExperimentSummary> ExperimentsAsync(ListQuery? query = null, CancellationToken cancellationToken = default) =>
        WalkAsync<ExperimentSummary>(Root, query, cancellationToken);

    /// <summary>What an experiment would take; nothing is written.</summary>
    public Task<ExperimentPlan> PlanAsync(NewExperiment wanted, CancellationToken cancellationToken = default) => PostAsync<ExperimentPlan>(Root + ":plan", wanted, cancellationToken);

    /// <summary>Writes an experiment down.</summary>
    /// <param name="wanted">What is chosen.</param>
    /// <param name="launch">Whether it begins at once.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<Experiment> CreateExperimentAsync(NewExperiment wanted, bool launch = false, CancellationToken cancellationToken = default) =>
        PostAsync<Experiment>(Root + (launch ? "?launch=true" : ""), wanted, cancellationToken);

    /// <summary>One experiment, with the version that an edit builds on.</summary>
    public async Task<Experiment> ExperimentAsync(Guid id, CancellationToken cancellationToken = default)
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, $"{Root}/{id}"), HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        return await ReadAsync<Experiment>(response, cancellationToken).ConfigureAwait(false) with { ETag = response.Headers.ETag?.ToString() };
    }

    /// <summary>Changes an experiment's labels.</summary>
    /// <param name="read">The experiment as it was read by <see cref="ExperimentAsync"/>.</param>
    /// <param name="edit">What to change.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="StudioProblemException">Somebody else changed it since (<c>stale</c>), or another problem.</exception>
    public async Task<Experiment> EditExperimentAsync(Experiment read, ExperimentEdit edit, CancellationToken cancellationToken = default)
    {
        var request = new HttpRequestMessage(HttpMethod.Patch, $"{Root}/{read.Id}") { Content = JsonContent.Create(edit, options: Json) };
        request.Headers.TryAddWithoutValidation("If-Match", read.ETag);
        using var response = await SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        return await ReadAsync<Experiment>(response, cancellationToken).ConfigureAwait(false) with { ETag = response.Headers.ETag?.ToString() };
    }

    /// <summary>Launches, pauses, resumes, cancels or retries an experiment.</summary>
    /// <param name="id">The experiment.</param>
    /// <param name="action"><c>launch</c>, <c>pause</c>, <c>resume</c>, <c>cancel</c> or <c>retry</c>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<Experiment> ActAsync(Guid id, string action, CancellationToken cancellationToken = default) =>
        PostAsync<Experiment>($"{Root}/{id}/{Uri.EscapeDataString(action)}", null, cancellationToken);

    /// <summary>Writes down a copy as a draft.</summary>
    public Task<Experiment> CloneExperimentAsync(Guid id, CancellationToken cancellationToken = default) => PostAsync<Experiment>($"{Root}/{id}/clone", null, cancellationToken);

    /// <summary>Deletes an experiment with what only it uses.</summary>
    public Task DeleteExperimentAsync(Guid id, CancellationToken cancellationToken = default) => DeleteAsync($"{Root}/{id}", cancellationToken);

    /// <summary>Adds a probe; an experiment that is done is queued again for it.</summary>
    public Task<Probe> AddProbeAsync(Guid id, NewProbe wanted, CancellationToken cancellationToken = default) => PostAsync<Probe>($"{Root}/{id}/probes", wanted, cancellationToken);

    /// <summary>A probe with its whole result.</summary>
    public Task<ProbeResult> ProbeAsync(Guid id, Guid probeId, CancellationToken cancellationToken = default) => GetAsync<ProbeResult>($"{Root}/{id}/probes/{probeId}", cancellationToken);

    /// <summary>The names of an experiment's series.</summary>
    public Task<IReadOnlyList<string>> SeriesAsync(Guid id, CancellationToken cancellationToken = default) => GetAsync<IReadOnlyList<string>>($"{Root}/{id}/metrics", cancellationToken);

    /// <summary>A curve in at most so many buckets.</summary>
    public Task<Curve> CurveAsync(Guid id, string series, int buckets = 1000, CancellationToken cancellationToken = default) =>
        GetAsync<Curve>(FormattableString.Invariant($"{Root}/{id}/metrics/buckets?series={Uri.EscapeDataString(series)}&buckets={buckets}"), cancellationToken);

    /// <summary>Every point of a curve.</summary>
    public Task<IReadOnlyList<MetricPoint>> PointsAsync(Guid id, string series, CancellationToken cancellationToken = default) =>
        GetAsync<IReadOnlyList<MetricPoint>>($"{Root}/{id}/metrics/points?format=json&series={Uri.EscapeDataString(series)}", cancellationToken);

    /// <summary>Every point of a curve as a file.</summary>
    /// <param name="id">The experiment.</param>
    /// <param name="series">The series' name.</param>
    /// <param name="format"><c>csv</c>, <c>json</c> or <c>parquet</c>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<Stream> OpenPointsAsync(Guid id, string series, string format, CancellationToken cancellationToken = default) =>
        OpenAsync($"{Root}/{id}/metrics/points?format={Uri.EscapeDataString(format)}&series={Uri.EscapeDataString(series)}", cancellationToken);

    /// <summary>The encoder's files, once it is trained.</summary>
    public Task<IReadOnlyList<StoredFile>> EncoderFilesAsync(Guid id, CancellationToken cancellationToken = default) =>
        GetAsync<IReadOnlyList<StoredFile>>($"{Root}/{id}/encoder", cancellationToken);

    /// <summary>A file of the encoder.</summary>
    public Task<Stream> OpenEncoderFileAsync(Guid id, string name, CancellationToken cancellationToken = default) =>
        OpenAsync($"{Root}/{id}/encoder/{Uri.EscapeDataString(name)}", cancellationToken);

    /// <summary>
    /// The events of an experiment after a number, as they come, until it is over and all were given: each once and in order. A connection that
    /// is lost is made anew, as often as it takes, and goes on after the last event that was given.
    /// </summary>
    /// <param name="id">The experiment.</param>
    /// <param name="after">The number of the last event seen, 0 for all.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="StudioProblemException">The studio refuses, such as when the experiment is deleted.</exception>
    /// <exception cref="HttpRequestException">The studio could not be reached at all; once it was, it is waited for.</exception>
    public async IAsyncEnumerable<ExperimentEvent> FollowAsync(Guid id, long after = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var stream = new EventStream(OpenEventsAsync);
        await using var closing = stream.ConfigureAwait(false);
        long? end = null;
        while (end is null || after < end)
        {
            var item = await stream.NextAsync(cancellationToken).ConfigureAwait(false);
            if (item.EventType == "snapshot")
            {
                var standing = JsonSerializer.Deserialize<Standing>(item.Data, Json)!;
                end = Experiment.IsOverIn(standing.State) ? standing.Sequence : null;
            }
            else if (item.EventType == "heartbeat")
            {
                // Events of the last numbers may be kept no longer: nobody will send them.
                if (end is not null && !await HasEventsAfterAsync(id, after, cancellationToken).ConfigureAwait(false))
                {
                    yield break;
                }
            }
            else if (JsonSerializer.Deserialize<Streamed>(item.Data, Json)! is var entry && entry.Sequence > after)
            {
                after = entry.Sequence;
                yield return new ExperimentEvent(entry.Sequence, entry.Kind, entry.Data, entry.At);
                if (entry.Kind == "state" && Experiment.IsOverIn(entry.Data.GetProperty("to").GetString()!))
                {
                    // A new snapshot says which event is the last, or that it goes on after all.
                    stream.Renew();
                }
            }
        }

        async Task<Stream> OpenEventsAsync(CancellationToken stop)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, $"{Root}/{id}/events");
            request.Headers.TryAddWithoutValidation("Last-Event-ID", after.ToString(CultureInfo.InvariantCulture));
            request.Headers.Accept.ParseAdd("text/event-stream");
            var response = await SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop).ConfigureAwait(false);
            return await response.Content.ReadAsStreamAsync(stop).ConfigureAwait(false);
        }
    }

    private async Task<bool> HasEventsAfterAsync(Guid id, long after, CancellationToken cancellationToken)
    {
        try
        {
            return (await GetAsync<EventPage>(FormattableString.Invariant($"{Root}/{id}/history?after={after}&limit=1"), cancellationToken).ConfigureAwait(false)).Items.Count > 0;
        }
        catch (Exception exception) when (EventStream.IsPassing(exception) && !cancellationToken.IsCancellationRequested)
        {
            return true;
        }
    }

    private sealed record EventPage(IReadOnlyList<ExperimentEvent> Items, long LastSequence);

    private sealed record Standing(string State, long Sequence);

    private sealed record Streamed(long Sequence, string Kind, DateTimeOffset At, JsonElement Data);
}
