using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Web.Virtualization;
using MudBlazor;
using StableRep.Api.Accounts;
using StableRep.Api.CaptionSets;
using StableRep.Api.Http;
using StableRep.Data.CaptionSets;
using StableRep.Data.Experiments;
using StableRep.Web.Shared;

namespace StableRep.Web.CaptionSets;

/// <summary>One caption set.</summary>
public sealed partial class CaptionSetPage
{
    // Browsers draw no element of more than 17 to 33 million pixels: of a larger set a window is listed.
    private const int Window = 200_000;
    private const int RowHeight = 36;

    private CaptionSet? _set;
    private CaptionLengths? _lengths;
    private IReadOnlyList<ListedProblem>? _problems;
    private IReadOnlyList<Experiment>? _experiments;
    private CaptionMatches? _matches;
    private Caption? _chosen;
    private Exception? _error;
    private string? _searched;
    private bool _isSearching;
    private bool _mayChange;
    private int _first;

    /// <summary>The set.</summary>
    [Parameter]
    public Guid Id { get; set; }

    /// <summary>A part of the captions looked for.</summary>
    [SupplyParameterFromQuery(Name = "q")]
    public string? Search { get; set; }

    [CascadingParameter]
    private Task<AuthenticationState> Authentication { get; set; } = default!;

    [Inject]
    private AuditLog Audit { get; set; } = default!;

    [Inject]
    private CaptionSetCatalogue Catalogue { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private IDialogService Dialogs { get; set; } = default!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        if (_set?.Id != Id)
        {
            await LoadAsync();
        }

        if (_error is null && _searched != Search)
        {
            await SearchAsync();
        }
    }

    private async Task LoadAsync()
    {
        try
        {
            (_error, _lengths, _problems, _experiments) = (null, null, null, null);
            _set = await Catalogue.GetAsync(Id);
            _mayChange = (await Authentication).User.MayChange(_set.OwnerId);
            StateHasChanged();
            _problems = await Catalogue.ProblemsAsync(Id);
            _experiments = await Catalogue.ExperimentsAsync(Id);
            StateHasChanged();
            _lengths = await Catalogue.LengthsAsync(Id);
        }
        catch (Exception exception) when (exception is MissingException or Npgsql.NpgsqlException)
        {
            _error = exception;
        }
    }

    private async Task SearchAsync()
    {
        var wanted = _searched = Search;
        if (string.IsNullOrWhiteSpace(wanted))
        {
            _matches = null;
        }
        else
        {
            _isSearching = true;
            StateHasChanged();
            try
            {
                var matches = await Catalogue.SearchAsync(Id, wanted);
                if (wanted != Search)
                {
                    return;
                }

                _matches = matches;
            }
            catch (Npgsql.NpgsqlException exception)
            {
                _error = exception;
            }

            _isSearching = false;
        }

        StateHasChanged();
    }

    private async ValueTask<ItemsProviderResult<Caption>> ProvideAsync(ItemsProviderRequest request)
    {
        if (_matches is { } matches)
        {
            int[] numbers = [.. matches.Numbers.Skip(request.StartIndex).Take(request.Count)];
            return new(await Catalogue.PickAsync(Id, numbers, request.CancellationToken), matches.Numbers.Count);
        }

        var listed = Math.Min(Window, _set!.Count - _first);

        // A place in a longer list may be asked for while this one takes its place.
        var count = Math.Clamp(listed - request.StartIndex, 0, request.Count);
        return new(await Catalogue.PageAsync(Id, _first + request.StartIndex, count, request.CancellationToken), listed);
    }

    private void Find(string? search) =>
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("q", string.IsNullOrWhiteSpace(search) ? null : search), replace: true);

    private void GoTo(int? number) => _first = Math.Clamp((number ?? 1) - 1, 0, _set!.Count - 1);

    private async Task DeleteAsync()
    {
        if (!await ConfirmDialog.AskAsync(Dialogs, "Delete these captions?", $"'{_set!.Name}' with {Words.Count(_set.Count, "caption")} is deleted for everybody.", "Delete"))
        {
            return;
        }

        try
        {
            var user = (await Authentication).User;
            user.RequireMayChange(_set.OwnerId, "caption set");
            await Catalogue.DeleteAsync(Id);
            await Audit.WriteAsync(user, "caption_set.delete", $"caption set {Id}");
            Navigation.NavigateTo("/caption-sets");
        }
        catch (Exception exception) when (exception is ConflictException or ForbiddenException)
        {
            Snackbar.Add(exception.Message, Severity.Warning);
        }
    }
}
