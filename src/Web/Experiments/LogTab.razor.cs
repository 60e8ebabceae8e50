using Microsoft.AspNetCore.Components;
using StableRep.Api.Experiments;
using StableRep.Api.Live;
using StableRep.Data.Experiments;

namespace StableRep.Web.Experiments;

/// <summary>An experiment's log, live.</summary>
public sealed partial class LogTab : IDisposable
{
    private IDisposable? _subscription;
    private List<LogLine>? _lines;
    private Exception? _error;

    /// <summary>The experiment.</summary>
    [Parameter, EditorRequired]
    public required Experiment Experiment { get; set; }

    /// <summary>The last event that is known when the tab opens.</summary>
    [Parameter]
    public long AfterSequence { get; set; }

    [Inject]
    private ExperimentLogLines Lines { get; set; } = default!;

    [Inject]
    private ExperimentFeed Feed { get; set; } = default!;

    /// <inheritdoc/>
    public void Dispose() => _subscription?.Dispose();

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        await ReadAsync();
        if (RendererInfo.IsInteractive)
        {
            _subscription = Feed.Subscribe(Experiment.Id, Math.Max(AfterSequence, _lines?.FirstOrDefault()?.Sequence ?? 0), HearAsync);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            (_lines, _error) = ([.. await Lines.NewestAsync(Experiment.Id)], null);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _error = exception;
        }
    }

    private async Task HearAsync(IReadOnlyList<ExperimentEvent> events)
    {
        var lines = events.Select(LogLine.Of).OfType<LogLine>().Reverse().ToList();
        if (lines.Count > 0)
        {
            await InvokeAsync(() =>
            {
                var last = _lines?.FirstOrDefault()?.Sequence ?? 0;
                _lines = [.. lines.Where(line => line.Sequence > last).Concat(_lines ?? []).Take(ExperimentLogLines.Most)];
                StateHasChanged();
            });
        }
    }
}
