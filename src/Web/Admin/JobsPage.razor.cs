using Microsoft.AspNetCore.Components;
using MudBlazor;
using StableRep.Api.Experiments;
using StableRep.Api.Jobs;
using StableRep.Api.Live;
using StableRep.Data;
using StableRep.Web.Shared;

namespace StableRep.Web.Admin;

/// <summary>The work that is not done: what runs, what waits, and what failed and why.</summary>
public sealed partial class JobsPage : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    private static readonly (WorkState State, string Title)[] Sections =
        [(WorkState.Failed, "Failed"), (WorkState.Running, "Running"), (WorkState.Pending, "Waiting")];

    private WorkOverview? _work;
    private Exception? _error;
    private IDisposable? _subscription;
    private Throttle? _refresh;
    private bool _isBusy;

    [Inject]
    private WorkBoard Board { get; set; } = default!;

    [Inject]
    private ExperimentService Experiments { get; set; } = default!;

    [Inject]
    private ExperimentFeed Feed { get; set; } = default!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = default!;

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
            _subscription = Feed.SubscribeAll(_ =>
            {
                _refresh.Request();
                return Task.CompletedTask;
            });
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            (_work, _error) = (await Board.ReadAsync(), null);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _error = exception;
        }

        StateHasChanged();
    }

    private async Task RetryAsync(WorkItem item)
    {
        _isBusy = true;
        try
        {
            await Experiments.RetryAsync(item.ExperimentId);
            await ReadAsync();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Snackbar.Add(Problem.Message(exception), Severity.Error);
        }
        finally
        {
            _isBusy = false;
        }
    }
}
