using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using StableRep.Data.Metrics;

namespace StableRep.Web.Experiments;

/// <summary>A chart of curves: read from the store in as many buckets as the screen shows, again for each range that is zoomed into, and kept up to date.</summary>
public sealed partial class CurveChart : IAsyncDisposable
{
    private const int MostBuckets = 2000;

    private ElementReference _element;
    private ElementReference _count;
    private IJSObjectReference? _module;
    private IJSObjectReference? _chart;
    private DotNetObjectReference<CurveChart>? _self;
    private IReadOnlyList<CurveSeries> _drawn = [];
    private CurveView? _view;

    /// <summary>The chart's title.</summary>
    [Parameter, EditorRequired]
    public required string Title { get; set; }

    /// <summary>What it says, in a sentence.</summary>
    [Parameter]
    public string? About { get; set; }

    /// <summary>Its lines.</summary>
    [Parameter, EditorRequired]
    public required IReadOnlyList<CurveSeries> Series { get; set; }

    /// <summary>How it is drawn.</summary>
    [Parameter, EditorRequired]
    public required CurveView View { get; set; }

    /// <summary>The plot's height in pixels.</summary>
    [Parameter]
    public int Height { get; set; } = 240;

    /// <summary>The person wants to know more of a step; without a listener points cannot be clicked.</summary>
    [Parameter]
    public EventCallback<long> OnPick { get; set; }

    [Inject]
    private IJSRuntime Script { get; set; } = default!;

    [Inject]
    private MetricCurves Curves { get; set; } = default!;

    /// <summary>Adds points that have just been measured; those of other charts are overlooked.</summary>
    public async Task AppendAsync(IReadOnlyList<LivePoint> points)
    {
        var keys = Series.Select(series => series.Key).ToHashSet();
        var own = points.Where(point => keys.Contains(point.Key)).ToList();
        if (_chart is not null && own.Count > 0)
        {
            await _chart.InvokeVoidAsync("append", own);
        }
    }

    /// <summary>The lines from one step to another; called by the browser.</summary>
    [JSInvokable]
    public async Task<IReadOnlyList<CurveData>> ReadAsync(double? from, double? to, int buckets)
    {
        var lines = new List<CurveData>();
        foreach (var series in Series)
        {
            var read = await Curves.BucketsAsync(
                series.ExperimentId, series.Name, Math.Clamp(buckets, 1, MostBuckets), Step(from, 0), Step(to, long.MaxValue));
            lines.Add(new CurveData(
                series.Key,
                [.. read.Select(bucket => bucket.LastStep)],
                [.. read.Select(bucket => bucket.Last)],
                [.. read.Select(bucket => bucket.Minimum)],
                [.. read.Select(bucket => bucket.Maximum)],
                [.. read.Select(bucket => bucket.LastAt.ToUnixTimeMilliseconds())],
                read.Sum(bucket => bucket.Count)));
        }

        return lines;
    }

    /// <summary>A point was clicked; called by the browser. Of a bucket its highest point is meant, which is what one sees of it.</summary>
    /// <param name="key">The line.</param>
    /// <param name="from">The bucket's first step, or null for the curve's.</param>
    /// <param name="to">The bucket's last step, or null for the curve's.</param>
    [JSInvokable]
    public async Task PickAsync(string key, double? from, double? to)
    {
        if (Series.FirstOrDefault(line => line.Key == key) is { } series
            && await Curves.HighestAsync(series.ExperimentId, series.Name, Step(from, 0), Step(to, long.MaxValue)) is { } highest)
        {
            await InvokeAsync(() => OnPick.InvokeAsync(highest.Step));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_chart is not null)
            {
                await _chart.InvokeVoidAsync("dispose");
                await _chart.DisposeAsync();
            }

            if (_module is not null)
            {
                await _module.DisposeAsync();
            }
        }
        catch (JSDisconnectedException)
        {
            // The browser is gone and has disposed of everything itself.
        }

        _self?.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender)
        {
            _self = DotNetObjectReference.Create(this);
            _module = await Script.InvokeAsync<IJSObjectReference>("import", "./curves.js");
            (_drawn, _view) = (Series, View);
            _chart = await _module.InvokeAsync<IJSObjectReference>("create", _element, _count, _self, Title, Series, View, OnPick.HasDelegate);
        }
        else if (_chart is not null && !(_drawn.SequenceEqual(Series) && _view == View))
        {
            (_drawn, _view) = (Series, View);
            await _chart.InvokeVoidAsync("update", Series, View);
        }
    }

    private static long Step(double? value, long otherwise) => value switch
    {
        null => otherwise,
        <= 0 => 0,
        >= long.MaxValue => long.MaxValue,
        { } step => (long)Math.Round(step),
    };

    private async Task PickHighestAsync()
    {
        if (_chart is not null && await _chart.InvokeAsync<double?[]>("seen") is [var from, var to])
        {
            await PickAsync(Series[0].Key, from, to);
        }
    }

    private async Task SaveAsync(string format)
    {
        if (_chart is not null)
        {
            await _chart.InvokeVoidAsync("save", format);
        }
    }
}

/// <summary>One line as the browser gets it.</summary>
/// <param name="Key">The line.</param>
/// <param name="Steps">Each bucket's last step.</param>
/// <param name="Last">Each bucket's last value.</param>
/// <param name="Minimum">Each bucket's smallest value.</param>
/// <param name="Maximum">Each bucket's largest value.</param>
/// <param name="At">When each bucket's last point was measured, in milliseconds since 1970.</param>
/// <param name="Total">The number of points.</param>
public sealed record CurveData(
    string Key,
    IReadOnlyList<long> Steps,
    IReadOnlyList<double> Last,
    IReadOnlyList<double> Minimum,
    IReadOnlyList<double> Maximum,
    IReadOnlyList<long> At,
    long Total);
