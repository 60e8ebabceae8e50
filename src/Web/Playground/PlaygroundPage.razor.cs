using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using MudBlazor;
using StableRep.Api.Accounts;
using StableRep.Api.Generators;
using StableRep.Api.Live;
using StableRep.Api.Playground;
using StableRep.Data.Generators;

namespace StableRep.Web.Playground;

/// <summary>Where people see what a generator makes of a prompt.</summary>
public sealed partial class PlaygroundPage : IAsyncDisposable
{
    private readonly Dictionary<string, string> _unread = [];
    private PreviewFollower _follower = default!;
    private IReadOnlyList<Generator>? _generators;
    private Exception? _error;
    private string _prompt = "a red mushroom with dots";
    private string _scales = "1, 2, 4, 7.5";
    private string _seeds = "0-3";
    private string _sampler = "";
    private string _negative = "";
    private int _steps = 20;
    private Guid _generator;

    /// <summary>The prompt.</summary>
    [SupplyParameterFromQuery(Name = "prompt")]
    public string? Prompt { get; set; }

    /// <summary>The guidance scales.</summary>
    [SupplyParameterFromQuery(Name = "scales")]
    public string? Scales { get; set; }

    /// <summary>The seeds.</summary>
    [SupplyParameterFromQuery(Name = "seeds")]
    public string? Seeds { get; set; }

    /// <summary>The generator.</summary>
    [SupplyParameterFromQuery(Name = "generator")]
    public Guid? GeneratorId { get; set; }

    /// <summary>The sampler.</summary>
    [SupplyParameterFromQuery(Name = "sampler")]
    public string? Sampler { get; set; }

    /// <summary>The steps.</summary>
    [SupplyParameterFromQuery(Name = "steps")]
    public int? Steps { get; set; }

    /// <summary>The negative prompt.</summary>
    [SupplyParameterFromQuery(Name = "negative")]
    public string? Negative { get; set; }

    [CascadingParameter]
    private Task<AuthenticationState>? Authentication { get; set; }

    [Inject]
    private GeneratorService Generators { get; set; } = default!;

    [Inject]
    private PreviewService Previews { get; set; } = default!;

    [Inject]
    private ExperimentFeed Feed { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private IDialogService Dialogs { get; set; } = default!;

    /// <summary>How many images would be drawn, or null where the lists cannot be read.</summary>
    private int? Asked => NumberList.ReadDecimals(_scales, out var scales) is null && NumberList.ReadWhole(_seeds, out var seeds) is null ? scales.Count * seeds.Count : null;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _follower.DisposeAsync();

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        _follower = new PreviewFollower(Previews, Feed, () => _ = InvokeAsync(StateHasChanged));
        (_prompt, _scales, _seeds) = (Prompt ?? _prompt, Scales ?? _scales, Seeds ?? _seeds);
        (_sampler, _negative, _steps) = (Sampler ?? "", Negative ?? "", Steps ?? _steps);
        await LoadAsync();
    }

    private async Task LoadAsync()
    {
        try
        {
            _error = null;
            _generators = await Generators.ListAsync();
            _generator = _generators.Any(generator => generator.Id == GeneratorId) ? GeneratorId!.Value : _generators.Count > 0 ? _generators[0].Id : default;
        }
        catch (Npgsql.NpgsqlException exception)
        {
            _error = exception;
        }
    }

    private string? Why(string field) => _unread.GetValueOrDefault(field) ?? _follower.Problems.GetValueOrDefault(field);

    private async Task DrawAsync()
    {
        _unread.Clear();
        if (NumberList.ReadDecimals(_scales, out var scales) is { } wrongScales)
        {
            _unread["guidanceScales"] = wrongScales;
        }

        if (NumberList.ReadWhole(_seeds, out var seeds) is { } wrongSeeds)
        {
            _unread["seeds"] = wrongSeeds;
        }

        if (_unread.Count > 0)
        {
            return;
        }

        // The address says what is drawn, so that a link shows the same.
        Navigation.NavigateTo(
            Navigation.GetUriWithQueryParameters("/playground", new Dictionary<string, object?>
            {
                ["prompt"] = _prompt,
                ["scales"] = _scales,
                ["seeds"] = _seeds,
                ["generator"] = _generator,
                ["sampler"] = Text(_sampler),
                ["steps"] = _steps,
                ["negative"] = Text(_negative),
            }),
            replace: true);
        await _follower.AskAsync(
            new NewPreview
            {
                GeneratorId = _generator,
                Prompts = [new PreviewPrompt(_prompt)],
                GuidanceScales = scales,
                Seeds = seeds,
                Sampler = Text(_sampler),
                Steps = _steps,
                NegativePrompt = _negative ?? "",
            },
            Authentication is null ? null : (await Authentication).User.UserId());
    }

    private string UseHref(double scale) => Navigation.GetUriWithQueryParameters("/experiments/new", new Dictionary<string, object?>
    {
        ["generator"] = _follower.Preview!.Request.GeneratorId,
        ["scale"] = scale,
        ["sampler"] = _follower.Preview.Request.Sampler,
        ["steps"] = _follower.Preview.Request.Steps,
        ["negative"] = Text(_follower.Preview.Request.NegativePrompt),
    });

    private async Task OpenAsync(int index)
    {
        var preview = _follower.Preview!;
        await Dialogs.ShowAsync<PreviewDialog>(
            string.Create(CultureInfo.InvariantCulture, $"Seed {preview.Images[index].Cell.Seed}, guidance scale {preview.Images[index].Cell.GuidanceScale:0.##}"),
            new DialogParameters<PreviewDialog>
            {
                { dialog => dialog.Preview, preview },
                { dialog => dialog.Index, index },
                { dialog => dialog.GeneratorName, _generators?.FirstOrDefault(generator => generator.Id == preview.Request.GeneratorId)?.Name },
                { dialog => dialog.UseHref, UseHref },
            },
            new DialogOptions { MaxWidth = MaxWidth.Medium, FullWidth = true, CloseButton = true, CloseOnEscapeKey = true });
    }

    private static string? Text(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
