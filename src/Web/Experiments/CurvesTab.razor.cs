using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Components;
using StableRep.Api.Live;
using StableRep.Data.Experiments;
using StableRep.Data.Metrics;
using StableRep.Engine.Training;

namespace StableRep.Web.Experiments;

/// <summary>The curves of an experiment: charts are made when a series first has a point, and new points are handed to them as they come.</summary>
public sealed partial class CurvesTab : IDisposable
{
    private IDisposable? _subscription;
    private IReadOnlyList<CurveGroup>? _groups;
    private Dictionary<string, IReadOnlyList<CurveSeries>> _series = [];
    private HashSet<string> _names = [];
    private Exception? _error;

    /// <summary>The experiment.</summary>
    [Parameter, EditorRequired]
    public required Experiment Experiment { get; set; }

    /// <summary>The last event that is known when the tab opens.</summary>
    [Parameter]
    public long AfterSequence { get; set; }

    /// <summary>Which series are shown, or null for all but those of probes.</summary>
    [Parameter]
    public Func<string, bool>? Which { get; set; }

    /// <summary>How they are drawn.</summary>
    [Parameter, EditorRequired]
    public required CurveView View { get; set; }

    /// <summary>The person wants them drawn otherwise.</summary>
    [Parameter]
    public EventCallback<CurveView> OnView { get; set; }

    /// <summary>The person wants to see the captions of a step.</summary>
    [Parameter]
    public EventCallback<long> OnPick { get; set; }

    [Inject]
    private MetricCurves Curves { get; set; } = default!;

    [Inject]
    private ExperimentFeed Feed { get; set; } = default!;

    private Dictionary<string, CurveChart?> Charts { get; } = [];

    /// <inheritdoc/>
    public void Dispose() => _subscription?.Dispose();

    /// <summary>The points in a batch of events.</summary>
    internal static IReadOnlyList<LivePoint> PointsOf(Guid experimentId, IReadOnlyList<ExperimentEvent> events)
    {
        var points = new List<LivePoint>();
        foreach (var entry in events.Where(entry => entry.Kind == "metrics"))
        {
            using var document = JsonDocument.Parse(entry.Payload);
            foreach (var point in document.RootElement.GetProperty("points").EnumerateArray())
            {
                points.Add(new LivePoint(
                    $"{experimentId:N}/{point.GetProperty("series").GetString()}",
                    point.GetProperty("step").GetInt64(),
                    point.GetProperty("value").GetDouble(),
                    entry.At.ToUnixTimeMilliseconds()));
            }
        }

        return points;
    }

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        await ReadAsync();
        if (RendererInfo.IsInteractive)
        {
            _subscription = Feed.Subscribe(Experiment.Id, AfterSequence, HearAsync);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            Show(await Curves.NamesAsync(Experiment.Id));
            _error = null;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _error = exception;
        }
    }

    private void Show(IEnumerable<string> names)
    {
        var which = Which ?? (name => !name.StartsWith("probe/", StringComparison.Ordinal));
        _names = [.. names];
        _groups = CurveGroup.Of([.. _names.Where(which).Order(StringComparer.Ordinal)]);
        var stepsPerEpoch = StepsPerEpoch();
        var start = Experiment.LaunchedAt ?? Experiment.CreatedAt;
        _series = _groups.ToDictionary(
            group => group.Title,
            group => (IReadOnlyList<CurveSeries>)[.. group.Series.Select(name => new CurveSeries(Experiment.Id, name, group.LabelOf(name), stepsPerEpoch, start))]);
    }

    private double StepsPerEpoch()
    {
        var batch = TrainingRecipe.Parse(Experiment.Recipe).SetsPerBatch;
        return Math.Max(1, (Experiment.ImageSet?.CaptionCount ?? batch) / batch);
    }

    private async Task HearAsync(IReadOnlyList<ExperimentEvent> events)
    {
        var points = PointsOf(Experiment.Id, events);
        if (points.Count == 0)
        {
            return;
        }

        await InvokeAsync(async () =>
        {
            var names = points.Select(point => point.Key[(point.Key.IndexOf('/', StringComparison.Ordinal) + 1)..]).ToHashSet();
            if (!names.IsSubsetOf(_names))
            {
                Show(_names.Union(names));
                StateHasChanged();
            }

            foreach (var chart in Charts.Values.OfType<CurveChart>().ToList())
            {
                await chart.AppendAsync(points);
            }
        });
    }

    private Task SmoothAsync(ChangeEventArgs change) =>
        OnView.InvokeAsync(View with { Smoothing = double.Parse((string)change.Value!, CultureInfo.InvariantCulture) });
}
