using Microsoft.AspNetCore.Components;
using StableRep.Api.Experiments;
using StableRep.Api.Live;
using StableRep.Data.Experiments;
using StableRep.Web.Experiments;
using StableRep.Web.Shared;

namespace StableRep.Web.Compare;

/// <summary>Any number of experiments side by side; all that is shown is in the address.</summary>
public sealed partial class ComparePage : IDisposable
{
    private const string ProbeField = "probe";
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);
    private static readonly string[] Usual = ["train/loss", "train/accuracy", "train/effective-rank", "train/uniformity"];

    private readonly Dictionary<string, CurveChart?> _charts = [];
    private readonly List<IDisposable> _subscriptions = [];
    private IReadOnlyList<Guid> _ids = [];
    private Comparison? _comparison;
    private Exception? _error;
    private Throttle? _refresh;
    private bool _isPicking;

    /// <summary>The experiments' ids with commas in between.</summary>
    [SupplyParameterFromQuery]
    public string? Ids { get; set; }

    /// <summary>The probe whose accuracy is shown.</summary>
    [SupplyParameterFromQuery(Name = ProbeField)]
    public string? ProbeKey { get; set; }

    /// <summary>The curves that are shown, with commas in between.</summary>
    [SupplyParameterFromQuery(Name = "curves")]
    public string? CurveNames { get; set; }

    /// <summary>The curves' axis.</summary>
    [SupplyParameterFromQuery]
    public string? Axis { get; set; }

    /// <summary>Whether the curves' values are on a logarithmic scale.</summary>
    [SupplyParameterFromQuery]
    public bool? Log { get; set; }

    /// <summary>How much the curves are smoothed.</summary>
    [SupplyParameterFromQuery]
    public double? Smooth { get; set; }

    /// <summary>The first caption of the images.</summary>
    [SupplyParameterFromQuery]
    public int? First { get; set; }

    /// <summary>The number of the images among those of their caption, from 0.</summary>
    [SupplyParameterFromQuery]
    public int? Image { get; set; }

    [Inject]
    private CompareService Compare { get; set; } = default!;

    [Inject]
    private ExperimentFeed Feed { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    private string AxisName => Axis is "epoch" or "time" ? Axis : "step";

    private IReadOnlyList<string> Names => ShortNames.Of([.. _comparison!.Experiments.Select(experiment => experiment.Name)]);

    private ProbeComparison? Shown => _comparison!.Probes
        .OrderByDescending(probe => KeyOf(probe) == ProbeKey).ThenByDescending(probe => probe.Lines.Lines.Count > 0).FirstOrDefault();

    private IReadOnlyList<string> ShownSeries => CurveNames is { } names
        ? [.. names.Split(',').Where(_comparison!.Series.Contains)]
        : Usual.Where(_comparison!.Series.Contains).ToList() is { Count: > 0 } usual ? usual : [.. _comparison.Series.Take(4)];

    /// <inheritdoc/>
    public void Dispose()
    {
        _subscriptions.ForEach(subscription => subscription.Dispose());
        _refresh?.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        var ids = (Ids ?? "").Split(',').Select(text => Guid.TryParse(text, out var id) ? id : Guid.Empty).Where(id => id != Guid.Empty).Distinct().ToList();
        if (ids.SequenceEqual(_ids) && (_comparison is not null || ids.Count == 0))
        {
            return;
        }

        (_ids, _comparison, _isPicking) = (ids, null, false);
        _charts.Clear();
        _subscriptions.ForEach(subscription => subscription.Dispose());
        _subscriptions.Clear();
        await ReadAsync();
        if (RendererInfo.IsInteractive && _comparison is not null)
        {
            _refresh ??= new Throttle(Pace, () => InvokeAsync(ReadAsync), Clock);
            foreach (var experiment in _comparison.Experiments.Where(experiment => experiment.State.IsActive()))
            {
                _subscriptions.Add(Feed.Subscribe(experiment.Id, experiment.LastSequence, events => HearAsync(experiment.Id, events)));
            }
        }
    }

    private static string KeyOf(ProbeComparison probe) => $"{probe.Kind}/{probe.Dataset}";

    private IReadOnlyList<CurveSeries> LinesOf(string name) =>
    [
        .. _comparison!.Experiments.Zip(Names, (experiment, shortName) => new CurveSeries(
            experiment.Id, name, shortName, experiment.StepsPerEpoch, experiment.StartedAt)),
    ];

    private Task HearAsync(Guid experiment, IReadOnlyList<ExperimentEvent> events)
    {
        if (events.Any(entry => entry.Kind is "state" or "probe"))
        {
            _refresh?.Request();
        }

        var points = CurvesTab.PointsOf(experiment, events);
        return points.Count == 0
            ? Task.CompletedTask
            : InvokeAsync(async () =>
            {
                if (points.Any(point => !_comparison!.Series.Contains(point.Key[(point.Key.IndexOf('/', StringComparison.Ordinal) + 1)..])))
                {
                    _refresh?.Request();
                }

                foreach (var chart in _charts.Values.OfType<CurveChart>().ToList())
                {
                    await chart.AppendAsync(points);
                }
            });
    }

    private async Task ReadAsync()
    {
        if (_ids.Count == 0)
        {
            _error = null;
            return;
        }

        try
        {
            (_comparison, _error) = (await Compare.CompareAsync(_ids), null);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _error = exception;
        }

        StateHasChanged();
    }

    private void Show(IReadOnlyList<Guid> ids)
    {
        _isPicking = false;
        Navigation.NavigateTo(ids.Count == 0 ? "/compare" : $"/compare?ids={string.Join(',', ids)}");
    }

    private void ChooseSeries(string name, bool isShown) =>
        Set("curves", string.Join(',', isShown ? ShownSeries.Append(name) : ShownSeries.Where(other => other != name)));

    private void Move((int First, int ImageIndex) to) => Navigation.NavigateTo(
        Navigation.GetUriWithQueryParameters(new Dictionary<string, object?>
        {
            ["first"] = to.First == 0 ? null : to.First,
            ["image"] = to.ImageIndex == 0 ? null : to.ImageIndex,
        }),
        replace: true);

    private void Set(string name, object? value) =>
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { [name] = value }), replace: true);
}
