using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using StableRep.Api.Accounts;
using StableRep.Api.CaptionSets;
using StableRep.Api.Experiments;
using StableRep.Api.Generators;
using StableRep.Api.Probes;
using StableRep.Api.Sweeps;
using StableRep.Data.CaptionSets;
using StableRep.Data.Generators;
using StableRep.Data.Probes;
using StableRep.Web.Experiments;
using StableRep.Web.Shared;

namespace StableRep.Web.Sweeps;

/// <summary>Where a sweep is put together, with its grid and what it takes shown as one types.</summary>
public sealed partial class NewSweepPage : IDisposable
{
    private static readonly string[] Usual = ["guidanceScale", "imagesPerPrompt", "method", "trainingSeed"];
    private static readonly Dictionary<string, object?> AxisAttributes = new() { ["autocomplete"] = "off", ["spellcheck"] = "false" };

    private IReadOnlyList<CaptionSet> _captionSets = [];
    private IReadOnlyList<Generator> _generators = [];
    private IReadOnlyList<string> _datasets = [];
    private SweepForm? _form;
    private PlanFollower<NewSweep, SweepPlan>? _follower;
    private Exception? _error;
    private string? _refusal;
    private bool _showsAll;
    private bool _isLaunching;

    /// <summary>The sweep to make another one like.</summary>
    [SupplyParameterFromQuery(Name = "copy")]
    public Guid? CopyId { get; set; }

    /// <summary>The experiment whose settings all experiments share.</summary>
    [SupplyParameterFromQuery(Name = "from")]
    public Guid? ExperimentId { get; set; }

    [CascadingParameter]
    private Task<AuthenticationState>? Authentication { get; set; }

    [Inject]
    private SweepService Sweeps { get; set; } = default!;

    [Inject]
    private AuditLog Audit { get; set; } = default!;

    [Inject]
    private ExperimentService Experiments { get; set; } = default!;

    [Inject]
    private CaptionSetCatalogue CaptionSets { get; set; } = default!;

    [Inject]
    private GeneratorService Generators { get; set; } = default!;

    [Inject]
    private ProbeCatalogue ProbeDatasets { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    private SweepPlan? Plan => _follower!.Plan;

    private IReadOnlyDictionary<string, string> Problems => _follower!.Problems;

    private bool MayLaunch => !_isLaunching && _follower is { IsRight: true, Plan.Refusal: null };

    /// <inheritdoc/>
    public void Dispose() => _follower?.Dispose();

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        // What is wrong comes with the plan: a sweep's cells are checked one by one.
        _follower = new PlanFollower<NewSweep, SweepPlan>(
            (_, _) => Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string>()), Sweeps.PlanAsync, Clock, () => _ = InvokeAsync(StateHasChanged));
        await LoadAsync();
    }

    private async Task LoadAsync()
    {
        try
        {
            _error = null;
            _captionSets = [.. (await CaptionSets.ListAsync()).Select(summary => summary.Set)];
            _generators = await Generators.ListAsync();
            _datasets = ProbeDatasets.Names();
            _form = CopyId is { } sweep ? SweepForm.Of((await Sweeps.GetAsync(sweep)).Definition)
                : ExperimentId is { } id ? SweepForm.Of(await Experiments.GetAsync(id)) : Fresh();
            Follow();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _error = exception;
        }
    }

    private SweepForm Fresh()
    {
        var form = new SweepForm();
        form.Shared.Images = form.Shared.Images with
        {
            CaptionSetId = _captionSets.Count > 0 ? _captionSets[0].Id : default,
            GeneratorId = _generators.Count > 0 ? _generators[0].Id : default,
        };
        form.Shared.Probes = _datasets.Count > 0 ? [new NewProbe(ProbeKind.Linear, _datasets[0])] : [];
        return form;
    }

    private string? Why(string field) => Problems.GetValueOrDefault(field);

    private void Change(Action change)
    {
        change();
        Follow();
    }

    private void Follow()
    {
        _refusal = null;
        if (_captionSets.Count > 0 && _generators.Count > 0)
        {
            _ = _follower!.FollowAsync(_form!.ToRequest());
        }
    }

    private async Task LaunchAsync()
    {
        _isLaunching = true;
        try
        {
            var user = Authentication is null ? null : (await Authentication).User;
            var sweep = await Sweeps.LaunchAsync(_form!.ToRequest(), user?.UserId());
            await Audit.WriteAsync(user, "sweep.launch", $"sweep {sweep.Id}");
            Navigation.NavigateTo($"/sweeps/{sweep.Id}");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _refusal = Problem.Message(exception);
        }
        finally
        {
            _isLaunching = false;
        }
    }
}
