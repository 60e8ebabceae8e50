using Microsoft.AspNetCore.Components;
using StableRep.Api.CaptionSets;

namespace StableRep.Web.CaptionSets;

/// <summary>The caption sets, and the upload of another one.</summary>
public sealed partial class CaptionSetsPage
{
    private IReadOnlyList<CaptionSetSummary>? _sets;
    private Exception? _error;

    /// <summary>A part of the names looked for.</summary>
    [SupplyParameterFromQuery(Name = "q")]
    public string? Search { get; set; }

    [Inject]
    private CaptionSetCatalogue Catalogue { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    /// <inheritdoc/>
    protected override Task OnParametersSetAsync() => LoadAsync();

    private async Task LoadAsync()
    {
        try
        {
            _error = null;
            _sets = await Catalogue.ListAsync(Search);
        }
        catch (Npgsql.NpgsqlException exception)
        {
            _error = exception;
        }
    }

    private void Find(string? search) =>
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("q", string.IsNullOrWhiteSpace(search) ? null : search), replace: true);
}
