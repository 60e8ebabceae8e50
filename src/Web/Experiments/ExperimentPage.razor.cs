using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.JSInterop;
using MudBlazor;
using StableRep.Api.Experiments;
using StableRep.Api.Http;
using StableRep.Api.Live;
using StableRep.Data.Experiments;
using StableRep.Data.Metrics;
using StableRep.Web.Shared;

namespace StableRep.Web.Experiments;

/// <summary>One experiment, live: its state, and in tabs its images, curves, probes, configuration, log and files.</summary>
public sealed partial class ExperimentPage : IDisposable
{
    private const string FirstTab = "samples";
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(300);

    private static readonly (string Name, string Title)[] Tabs =
        [(FirstTab, "Samples"), ("curves", "Curves"), ("captions", "Captions"), ("probes", "Probes"), ("config", "Config"), ("log", "Log"), ("files", "Files")];

    private Experiment? _experiment;
    private ExperimentProgress? _progress;
    private MissingException? _missing;
    private Exception? _error;
    private IDisposable? _subscription;
    private Throttle? _refresh;
    private ElementReference? _tabs;
    private string? _tabInSight;
    private Guid _shownId;
    private long _sequence;
    private bool _isBusy;

    /// <summary>The experiment.</summary>
    [Parameter]
    public Guid Id { get; set; }

    /// <summary>The part that is shown.</summary>
    [SupplyParameterFromQuery]
    public string? Tab { get; set; }

    /// <summary>The curves' axis.</summary>
    [SupplyParameterFromQuery]
    public string? Axis { get; set; }

    /// <summary>Whether the curves' values are on a logarithmic scale.</summary>
    [SupplyParameterFromQuery]
    public bool? Log { get; set; }

    /// <summary>How much the curves are smoothed.</summary>
    [SupplyParameterFromQuery]
    public double? Smooth { get; set; }

    /// <summary>The first of the steps whose captions are shown.</summary>
    [SupplyParameterFromQuery]
    public long? From { get; set; }

    /// <summary>The last of them.</summary>
    [SupplyParameterFromQuery]
    public long? To { get; set; }

    /// <summary>By which loss captions are put in order.</summary>
    [SupplyParameterFromQuery]
    public string? By { get; set; }

    [CascadingParameter]
    private Task<AuthenticationState> Authentication { get; set; } = default!;

    [Inject]
    private ExperimentService Experiments { get; set; } = default!;

    [Inject]
    private ExperimentActions Actions { get; set; } = default!;

    [Inject]
    private ExperimentProgressReader Progress { get; set; } = default!;

    [Inject]
    private ExperimentFeed Feed { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private IJSRuntime Script { get; set; } = default!;

    [Inject]
    private IDialogService Dialogs { get; set; } = default!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    private string Shown => Tabs.Any(tab => tab.Name == Tab) ? Tab! : FirstTab;

    private CaptionView Captions => new(By == "last" ? CaptionLossOrder.Last : CaptionLossOrder.Peak, From, To);

    private CurveView View => new(Axis is "epoch" or "time" ? Axis : "step", Log ?? false, Math.Clamp(Smooth ?? 0, 0, 0.99));

    /// <inheritdoc/>
    public void Dispose()
    {
        _subscription?.Dispose();
        _refresh?.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        if (_shownId == Id)
        {
            return;
        }

        _shownId = Id;
        _subscription?.Dispose();
        (_experiment, _progress, _missing) = (null, null, null);
        await ReadAsync();
        if (_experiment is not null && RendererInfo.IsInteractive)
        {
            _sequence = _experiment.LastSequence;
            _refresh ??= new Throttle(Pace, () => InvokeAsync(ReadAsync), Clock);
            _subscription = Feed.Subscribe(Id, _sequence, HearAsync);
        }
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        // On a narrow screen the bar holds fewer tabs than there are.
        if (_experiment is not null && _tabInSight != Shown)
        {
            _tabInSight = Shown;
            await Script.InvokeVoidAsync("studioPage.showCurrent", _tabs);
        }
    }

    private Task HearAsync(IReadOnlyList<ExperimentEvent> events)
    {
        Volatile.Write(ref _sequence, events[^1].Sequence);
        if (events.Any(entry => entry.Kind is "state" or "progress" or "images" or "probe"))
        {
            _refresh?.Request();
        }

        return Task.CompletedTask;
    }

    private async Task ReadAsync()
    {
        try
        {
            _experiment = await Experiments.GetAsync(Id);
            _progress = await Progress.ReadAsync(Id);
            _error = null;
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

    private async Task RunAsync(ExperimentAction action)
    {
        if (action.Question is { } question && !await ConfirmDialog.AskAsync(Dialogs, $"{action.Name} '{_experiment!.Name}'?", question, action.Name, action.IsDangerous))
        {
            return;
        }

        _isBusy = true;
        try
        {
            await Actions.RunAsync((await Authentication).User, action, Id, _experiment!.OwnerId);
            if (action.Removes)
            {
                Navigation.NavigateTo("/experiments");
                return;
            }

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

    private void ShowView(CurveView view) => Navigation.NavigateTo(
        Navigation.GetUriWithQueryParameters(new Dictionary<string, object?>
        {
            ["axis"] = view.Axis == "step" ? null : view.Axis,
            ["log"] = view.IsLog ? true : null,
            ["smooth"] = view.Smoothing == 0 ? null : view.Smoothing,
        }),
        replace: true);

    private void ShowCaptions(CaptionView view) => Navigation.NavigateTo(
        Navigation.GetUriWithQueryParameters(new Dictionary<string, object?>
        {
            ["tab"] = "captions",
            ["by"] = view.Order == CaptionLossOrder.Last ? "last" : null,
            ["from"] = view.From,
            ["to"] = view.To,
        }),
        replace: Shown == "captions");
}
