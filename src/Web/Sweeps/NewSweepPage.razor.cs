using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using StableRep.Api.Accounts;
using StableRep.Api.Experiments;
using StableRep.Api.Generators;
using StableRep.Api.Http;
using StableRep.Api.ImageSets;
using StableRep.Api.Probes;
using StableRep.Api.Sweeps;
using StableRep.Data.Generators;
using StableRep.Data.Probes;
using StableRep.Engine.Training;
using StableRep.Web.Shared;

namespace StableRep.Web.Sweeps;

/// <summary>Where a sweep is put together, with its grid and what it takes shown as one types.</summary>
public sealed partial class NewSweepPage : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);
    private static readonly string[] Usual = ["guidanceScale", "imagesPerPrompt", "method", "trainingSeed"];
    private static readonly Dictionary<string, object?> AxisAttributes = new() { ["autocomplete"] = "off", ["spellcheck"] = "false" };
    private static readonly ProbeKind[] Kinds = [ProbeKind.Linear, ProbeKind.Knn, ProbeKind.FewShot, ProbeKind.ZeroShot];

    private IReadOnlyList<(Guid Id, string Name)> _captionSets = [];
    private IReadOnlyList<Generator> _generators = [];
    private IReadOnlyList<string> _datasets = [];
    private IReadOnlyDictionary<string, string> _problems = new Dictionary<string, string>();
    private SweepForm? _form;
    private SweepPlan? _plan;
    private Throttle? _planning;
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
    private GeneratorService Generators { get; set; } = default!;

    [Inject]
    private ProbeCatalogue ProbeDatasets { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    private ImageSetSettings Images => _form!.Request.Images;

    private TrainingRecipe Recipe => _form!.Request.Recipe;

    /// <inheritdoc/>
    public void Dispose() => _planning?.Dispose();

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        _planning = new Throttle(Pace, () => InvokeAsync(PlanAsync), Clock);
        await LoadAsync();
    }

    private async Task LoadAsync()
    {
        try
        {
            _error = null;
            _captionSets = await Sweeps.CaptionSetsAsync();
            _generators = await Generators.ListAsync();
            _datasets = ProbeDatasets.Names();
            _form = CopyId is { } sweep ? SweepForm.Of((await Sweeps.GetAsync(sweep)).Definition)
                : ExperimentId is { } id ? SweepForm.Of(await Experiments.GetAsync(id)) : Fresh();
            await PlanAsync();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _error = exception;
        }
    }

    private SweepForm Fresh()
    {
        var form = new SweepForm();
        form.Set(sweep => sweep with
        {
            Images = sweep.Images with
            {
                CaptionSetId = _captionSets.Count > 0 ? _captionSets[0].Id : default,
                GeneratorId = _generators.Count > 0 ? _generators[0].Id : default,
            },
            Probes = _datasets.Count > 0 ? [new NewProbe(ProbeKind.Linear, _datasets[0])] : [],
        });
        return form;
    }

    private bool Varies(string axis) => _form!.Written(SweepAxis.Named(axis)).Length > 0;

    private string? Why(string field) => _problems.GetValueOrDefault(field);

    private void SetImages(ImageSetSettings images) => Set(sweep => sweep with { Images = images });

    private void SetRecipe(TrainingRecipe recipe) => Set(sweep => sweep with { Recipe = recipe });

    private void Set(Func<NewSweep, NewSweep> change) => Change(() => _form!.Set(change));

    private void Change(Action change)
    {
        change();
        Follow();
    }

    private void Follow()
    {
        _refusal = null;
        _planning!.Request();
    }

    private async Task PlanAsync()
    {
        if (_captionSets.Count == 0 || _generators.Count == 0)
        {
            return;
        }

        try
        {
            _plan = await Sweeps.PlanAsync(_form!.Request);
            _problems = new Dictionary<string, string>();
        }
        catch (InputException exception)
        {
            (_plan, _problems) = (null, exception.Errors);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            (_plan, _refusal) = (null, Problem.Message(exception));
        }

        StateHasChanged();
    }

    private async Task LaunchAsync()
    {
        _isLaunching = true;
        try
        {
            var user = Authentication is null ? null : (await Authentication).User;
            var sweep = await Sweeps.LaunchAsync(_form!.Request, user?.UserId());
            await Audit.WriteAsync(user, "sweep.launch", $"sweep {sweep.Id}");
            Navigation.NavigateTo($"/sweeps/{sweep.Id}");
        }
        catch (InputException exception)
        {
            _problems = exception.Errors;
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
