using Microsoft.AspNetCore.Components;
using StableRep.Api.Live;
using StableRep.Api.Sweeps;
using StableRep.Web.Shared;

namespace StableRep.Web.Sweeps;

/// <summary>All sweeps, the newest first, with how far they are.</summary>
public sealed partial class SweepsPage : IDisposable
{
    private const int PageSize = 30;
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    private IReadOnlyList<SweepSummary>? _sweeps;
    private Exception? _error;
    private bool _hasMore;
    private int _count = PageSize;
    private IDisposable? _subscription;
    private Throttle? _refresh;

    [Inject]
    private SweepService Sweeps { get; set; } = default!;

    [Inject]
    private ExperimentFeed Feed { get; set; } = default!;

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
            _refresh = new Throttle(Pace, () => InvokeAsync(RefreshAsync), Clock);
            _subscription = Feed.SubscribeAll(_ =>
            {
                _refresh.Request();
                return Task.CompletedTask;
            });
        }
    }

    private static string Short(IReadOnlyList<string> values) =>
        values.Count <= 6 ? string.Join(", ", values) : $"{values[0]}, {values[1]}, … {values[^1]} ({values.Count})";

    private async Task RefreshAsync()
    {
        // What stands still is not read again for every step of other experiments.
        if (_sweeps is not { Count: > 0 } || _sweeps.Any(sweep => sweep.IsActive))
        {
            await ReadAsync();
            StateHasChanged();
        }
    }

    private Task MoreAsync()
    {
        _count += PageSize;
        return ReadAsync();
    }

    private async Task ReadAsync()
    {
        try
        {
            var sweeps = await Sweeps.ListAsync(null, _count + 1);
            (_sweeps, _hasMore, _error) = ([.. sweeps.Take(_count)], sweeps.Count > _count, null);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _error = exception;
        }
    }
}
