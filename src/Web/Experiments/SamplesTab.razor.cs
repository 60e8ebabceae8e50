using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web.Virtualization;
using Microsoft.JSInterop;
using StableRep.Api.ImageSets;
using StableRep.Api.Live;
using StableRep.Data.Experiments;
using StableRep.Web.Shared;

namespace StableRep.Web.Experiments;

/// <summary>The positive sets of an experiment, live.</summary>
public sealed partial class SamplesTab : IDisposable
{
    private const int RowHeight = 128;
    private const int Most = 16;
    private const int FirstRows = 8;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(500);

    private IDisposable? _subscription;
    private Throttle? _refresh;
    private Virtualize<PositiveSet>? _rows;
    private ElementReference _frame;
    private SampleOrder? _known;
    private SampleOrder? _fresh;

    // They are on the page from its first paint: the rows that follow the scrolling come only once the page is live.
    private IReadOnlyList<PositiveSet> _first = [];
    private Exception? _error;

    /// <summary>The experiment.</summary>
    [Parameter, EditorRequired]
    public required Experiment Experiment { get; set; }

    /// <summary>The last event that is known when the tab opens.</summary>
    [Parameter]
    public long AfterSequence { get; set; }

    [Inject]
    private PositiveSetReader Sets { get; set; } = default!;

    [Inject]
    private ExperimentFeed Feed { get; set; } = default!;

    [Inject]
    private IJSRuntime Script { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    /// <inheritdoc/>
    public void Dispose()
    {
        _subscription?.Dispose();
        _refresh?.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        await ReadAsync();
        if (RendererInfo.IsInteractive)
        {
            _refresh = new Throttle(Pace, () => InvokeAsync(ReadAsync), Clock);
            _subscription = Feed.Subscribe(Experiment.Id, AfterSequence, events =>
            {
                if (events.Any(entry => entry.Kind == "images"))
                {
                    _refresh.Request();
                }

                return Task.CompletedTask;
            });
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            var order = new SampleOrder(await Sets.RunsAsync(Experiment.ImageSetId));
            if (_known is null)
            {
                _first = await Sets.ReadAsync(Experiment.ImageSetId, order.Slice(0, FirstRows));
            }

            _fresh = order;
            // The first images come by themselves: there is nothing yet that could move.
            _known = _known is null or { Total: 0 } ? _fresh : _known;
            _error = null;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _error = exception;
        }

        StateHasChanged();
    }

    private async Task ShowNewAsync()
    {
        _known = _fresh;
        if (_rows is not null)
        {
            await _rows.RefreshDataAsync();
        }

        await Script.InvokeVoidAsync("studioPage.toTop", _frame);
    }

    private async ValueTask<ItemsProviderResult<PositiveSet>> ProvideAsync(ItemsProviderRequest request)
    {
        var order = _known!;
        var captions = order.Slice(request.StartIndex, request.Count);
        var sets = await Sets.ReadAsync(Experiment.ImageSetId, captions, request.CancellationToken);
        if (_first.Count > 0)
        {
            _ = HandOverAsync();
        }

        return new ItemsProviderResult<PositiveSet>(sets, order.Total);
    }

    private async Task HandOverAsync()
    {
        // Not before the rows that were just read are drawn beneath.
        await Task.Yield();
        _first = [];
        StateHasChanged();
    }
}
