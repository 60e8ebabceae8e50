using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using MudBlazor;
using StableRep.Api.Accounts;
using StableRep.Api.Experiments;
using StableRep.Api.Http;
using StableRep.Api.Live;
using StableRep.Api.Sweeps;
using StableRep.Data.Experiments;
using StableRep.Data.Probes;
using StableRep.Web.Shared;

namespace StableRep.Web.Sweeps;

/// <summary>One sweep, live: its grid with what each experiment has come to, and what the axes do to accuracy.</summary>
public sealed partial class SweepPage : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(500);

    private SweepDetails? _sweep;
    private SweepTable? _table;
    private AccuracyLines? _lines;
    private MissingException? _missing;
    private Exception? _error;
    private IDisposable? _subscription;
    private Throttle? _refresh;
    private HashSet<Guid> _members = [];
    private (double Low, double High) _range;
    private Guid? _shownId;
    private bool _isBusy;
    private bool _mayChange;

    /// <summary>The sweep.</summary>
    [Parameter]
    public Guid Id { get; set; }

    /// <summary>The probe whose accuracy is shown, as <c>kind/dataset</c>.</summary>
    [SupplyParameterFromQuery(Name = "probe")]
    public string? ProbeKey { get; set; }

    /// <summary>The axis across in the result.</summary>
    [SupplyParameterFromQuery]
    public string? Across { get; set; }

    [CascadingParameter]
    private Task<AuthenticationState>? Authentication { get; set; }

    [Inject]
    private SweepService Sweeps { get; set; } = default!;

    [Inject]
    private AuditLog Audit { get; set; } = default!;

    [Inject]
    private ExperimentFeed Feed { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private IDialogService Dialogs { get; set; } = default!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    private (ProbeKind Kind, string Dataset)? Probe => _sweep is not { Probes.Count: > 0 } sweep
        ? null
        : sweep.Probes.Select(probe => ((ProbeKind, string)?)probe).FirstOrDefault(probe => KeyOf(probe!.Value) == ProbeKey) ?? sweep.Probes[0];

    private IReadOnlyList<SweepAxis> Choices => [.. _sweep!.Axes.Where(axis => axis.Values.Count > 1).Select(axis => SweepAxis.Named(axis.Name)).Where(axis => !axis.IsSeed)];

    private string Summary
    {
        get
        {
            var done = _sweep!.Experiments.Count(cell => cell.State == ExperimentState.Done);
            var failed = _sweep.Experiments.Count(cell => cell.State == ExperimentState.Failed);
            return $"{Words.Count(done)} of {Words.Count(_sweep.Experiments.Count, "experiment")} done"
                + (failed > 0 ? $", {failed} failed" : "") + $", {Words.Percent(_sweep.Progress, 0)} of the work";
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _subscription?.Dispose();
        _refresh?.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        if (_shownId != Id)
        {
            _shownId = Id;
            (_sweep, _missing, _error) = (null, null, null);
            await ReadAsync();
            if (RendererInfo.IsInteractive && _subscription is null)
            {
                _refresh = new Throttle(Pace, () => InvokeAsync(ReadAsync), Clock);
                _subscription = Feed.SubscribeAll(HearAsync);
            }
        }

        Draw();
    }

    private static string KeyOf((ProbeKind Kind, string Dataset) probe) => $"{probe.Kind}/{probe.Dataset}";

    private Task HearAsync(Guid experiment)
    {
        if (_members.Contains(experiment))
        {
            _refresh?.Request();
        }

        return Task.CompletedTask;
    }

    private async Task ReadAsync()
    {
        try
        {
            _sweep = await Sweeps.GetAsync(Id);
            _members = [.. _sweep.Cells.Select(cell => cell.ExperimentId)];
            _mayChange = Authentication is not null && (await Authentication).User.MayChange(_sweep.OwnerId);
            _error = null;
            Draw();
        }
        catch (MissingException exception)
        {
            _missing = exception;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _error = exception;
        }

        StateHasChanged();
    }

    private void Draw()
    {
        if (_sweep is null)
        {
            return;
        }

        _table ??= SweepTable.Of(_sweep.Axes, [.. _sweep.Cells.Select(cell => cell.Coordinates)]);
        _lines = Probe is { } probe ? _sweep.Lines(probe.Kind, probe.Dataset, Across) : null;
        var accuracies = _sweep.Cells.Select(AccuracyOf).OfType<double>().ToList();
        _range = accuracies.Count == 0 ? (0, 1) : (accuracies.Min(), accuracies.Max());
    }

    private double? AccuracyOf(SweepCell cell) => Probe is { } shown
        ? cell.Probes.FirstOrDefault(probe => (probe.Kind, probe.Dataset) == shown)?.Accuracy
        : null;

    private double HeatOf(SweepCell cell) => AccuracyOf(cell) is { } accuracy && _range.High > _range.Low
        ? 0.15 + (0.85 * (accuracy - _range.Low) / (_range.High - _range.Low))
        : 0.15;

    private string? Written(string axis) => _sweep!.Axes.FirstOrDefault(other => other.Name == axis) is { } varying ? string.Join(", ", varying.Values) : null;

    private void ChooseProbe(ChangeEventArgs change) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("probe", (string?)change.Value), replace: true);

    private void ChooseAxis(ChangeEventArgs change) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("across", (string?)change.Value), replace: true);

    private async Task CancelAsync()
    {
        if (await ConfirmDialog.AskAsync(Dialogs, "Cancel the sweep?", "Every experiment that is not done stops. They can be tried again.", "Cancel all"))
        {
            await ActAsync("sweep.cancel", async () => Snackbar.Add($"{Words.Count(await Sweeps.CancelAsync(Id), "experiment")} cancelled.", Severity.Info));
        }
    }

    private Task RetryAsync() => ActAsync("sweep.retry", async () => Snackbar.Add($"{Words.Count(await Sweeps.RetryAsync(Id), "experiment")} queued again.", Severity.Info));

    private async Task DeleteAsync(bool keep)
    {
        var question = keep
            ? "The experiments stay, on their own. The grid and its result are gone."
            : "The experiments, their curves and encoders, and images that no other experiment uses are gone for good.";
        if (await ConfirmDialog.AskAsync(Dialogs, $"Delete '{_sweep!.Name}'?", question, "Delete"))
        {
            await ActAsync("sweep.delete", async () =>
            {
                await Sweeps.DeleteAsync(Id, keep);
                Navigation.NavigateTo("/sweeps");
            });
        }
    }

    private async Task ActAsync(string action, Func<Task> act)
    {
        _isBusy = true;
        try
        {
            await act();
            await Audit.WriteAsync((await Authentication!).User, action, $"sweep {Id}");
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
