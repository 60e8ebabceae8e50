using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using StableRep.Api.Accounts;
using StableRep.Api.CaptionSets;
using StableRep.Api.Experiments;
using StableRep.Api.Generators;
using StableRep.Api.Http;
using StableRep.Api.Probes;
using StableRep.Data.CaptionSets;
using StableRep.Data.Experiments;
using StableRep.Data.Generators;
using StableRep.Data.Probes;
using StableRep.Engine.Checkpoints;
using StableRep.Web.Shared;

namespace StableRep.Web.Experiments;

/// <summary>Where an experiment is put together, with what it will take beside it.</summary>
public sealed partial class NewExperimentPage : IDisposable
{
    private ExperimentForm? _form;
    private PlanFollower<NewExperiment, ExperimentPlan>? _follower;
    private IReadOnlyList<CaptionSet>? _captionSets;
    private IReadOnlyList<Generator>? _generators;
    private IReadOnlyList<string> _datasets = [];
    private Exception? _error;
    private string? _refusal;
    private bool _isNamed;
    private bool _isSaving;

    /// <summary>The experiment to make a copy of.</summary>
    [SupplyParameterFromQuery(Name = "clone")]
    public Guid? CloneId { get; set; }

    /// <summary>The caption set to begin with.</summary>
    [SupplyParameterFromQuery(Name = "captionSet")]
    public Guid? CaptionSetId { get; set; }

    /// <summary>The generator to begin with.</summary>
    [SupplyParameterFromQuery(Name = "generator")]
    public Guid? GeneratorId { get; set; }

    /// <summary>The guidance scale to begin with.</summary>
    [SupplyParameterFromQuery(Name = "scale")]
    public double? Scale { get; set; }

    /// <summary>The steps to begin with.</summary>
    [SupplyParameterFromQuery(Name = "steps")]
    public int? Steps { get; set; }

    /// <summary>The sampler to begin with.</summary>
    [SupplyParameterFromQuery(Name = "sampler")]
    public string? Sampler { get; set; }

    /// <summary>The seed to begin with.</summary>
    [SupplyParameterFromQuery(Name = "seed")]
    public long? Seed { get; set; }

    /// <summary>The negative prompt to begin with.</summary>
    [SupplyParameterFromQuery(Name = "negative")]
    public string? NegativePrompt { get; set; }

    [CascadingParameter]
    private Task<AuthenticationState>? Authentication { get; set; }

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

    private CaptionSet? CaptionSet => _captionSets?.FirstOrDefault(set => set.Id == _form?.Images.CaptionSetId);

    private bool MayLaunch => !_isSaving && _follower is { IsRight: true, Plan: { Refusal: null } };

    /// <inheritdoc/>
    public void Dispose() => _follower?.Dispose();

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        _follower = new PlanFollower<NewExperiment, ExperimentPlan>(Experiments.ProblemsAsync, Experiments.PlanAsync, Clock, () => _ = InvokeAsync(StateHasChanged));
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
            _form = CloneId is { } id ? ExperimentForm.Of(await Experiments.GetAsync(id)) : Fresh();
            _isNamed = CloneId is not null;
            Prefill(_form);
            Follow();
        }
        catch (Exception exception) when (exception is MissingException or Npgsql.NpgsqlException or CheckpointException)
        {
            _error = exception;
        }
    }

    private ExperimentForm Fresh()
    {
        var form = new ExperimentForm();
        form.Images = form.Images with
        {
            CaptionSetId = _captionSets!.Count > 0 ? _captionSets[0].Id : default,
            GeneratorId = _generators!.Count > 0 ? _generators[0].Id : default,
        };
        if (_datasets.Count > 0)
        {
            form.Probes = [new NewProbe(ProbeKind.Linear, _datasets[0])];
        }

        return form;
    }

    private void Prefill(ExperimentForm form) => form.Images = form.Images with
    {
        CaptionSetId = CaptionSetId ?? form.Images.CaptionSetId,
        GeneratorId = GeneratorId ?? form.Images.GeneratorId,
        GuidanceScale = Scale ?? form.Images.GuidanceScale,
        Steps = Steps ?? form.Images.Steps,
        Sampler = string.IsNullOrEmpty(Sampler) ? form.Images.Sampler : Sampler,
        Seed = Seed ?? form.Images.Seed,
        NegativePrompt = NegativePrompt ?? form.Images.NegativePrompt,
    };

    private void Change(Action change)
    {
        change();
        Follow();
    }

    private void Follow()
    {
        if (!_isNamed)
        {
            var name = _form!.SuggestedName(CaptionSet?.Name);
            _form.Name = name.Length <= 200 ? name : name[..200];
        }

        _refusal = null;
        _ = _follower!.FollowAsync(_form!.ToRequest());
    }

    private bool Wrong(string field) => _follower!.Problems.ContainsKey(field);

    private string? Why(string field) => _follower!.Problems.GetValueOrDefault(field);

    private async Task SaveAsync(bool launch)
    {
        _isSaving = true;
        _refusal = null;
        Experiment? experiment = null;
        try
        {
            var owner = Authentication is null ? null : (await Authentication).User.UserId();
            experiment = await Experiments.CreateAsync(_form!.ToRequest(), owner);
            if (launch)
            {
                await Experiments.LaunchAsync(experiment.Id);
            }

            Navigation.NavigateTo(string.Create(CultureInfo.InvariantCulture, $"/experiments/{experiment.Id}"));
        }
        catch (Exception exception) when (exception is InputException or ConflictException or IllegalTransitionException or Npgsql.NpgsqlException)
        {
            _refusal = experiment is null ? Problem.Message(exception) : $"It is kept as a draft and was not launched: {Problem.Message(exception)}";
        }
        finally
        {
            _isSaving = false;
        }
    }
}
