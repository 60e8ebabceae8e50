using System.Text.Json;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using MudBlazor;
using StableRep.Api.Accounts;
using StableRep.Api.Generators;
using StableRep.Api.Http;
using StableRep.Data.Experiments;
using StableRep.Data.Generators;
using StableRep.Web.Shared;

namespace StableRep.Web.Generators;

/// <summary>One generator.</summary>
public sealed partial class GeneratorPage
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private Generator? _generator;
    private IReadOnlyList<Experiment>? _experiments;
    private string? _card;
    private string _config = "";
    private Exception? _error;

    /// <summary>The generator.</summary>
    [Parameter]
    public Guid Id { get; set; }

    [CascadingParameter]
    private Task<AuthenticationState> Authentication { get; set; } = default!;

    [Inject]
    private AuditLog Audit { get; set; } = default!;

    [Inject]
    private GeneratorCatalogue Catalogue { get; set; } = default!;

    [Inject]
    private GeneratorService Generators { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private IDialogService Dialogs { get; set; } = default!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    /// <inheritdoc/>
    protected override Task OnParametersSetAsync() => _generator?.Id == Id ? Task.CompletedTask : LoadAsync();

    private async Task LoadAsync()
    {
        try
        {
            (_error, _experiments, _card) = (null, null, null);
            _generator = await Generators.GetAsync(Id);
            using var config = JsonDocument.Parse(_generator.Config);
            _config = JsonSerializer.Serialize(config, Indented);
            _experiments = await Catalogue.ExperimentsAsync(Id);
            _card = await Catalogue.CardAsync(_generator);
        }
        catch (Exception exception) when (exception is MissingException or Npgsql.NpgsqlException or IOException)
        {
            _error = exception;
        }
    }

    private async Task DeleteAsync()
    {
        if (!await ConfirmDialog.AskAsync(Dialogs, "Delete this generator?", $"'{_generator!.Name}' and its files on this node are deleted for everybody.", "Delete"))
        {
            return;
        }

        try
        {
            await Generators.DeleteAsync(Id);
            await Audit.WriteAsync((await Authentication).User, "generator.delete", $"generator {Id}");
            Navigation.NavigateTo("/generators");
        }
        catch (ConflictException exception)
        {
            Snackbar.Add(exception.Message, Severity.Warning);
        }
    }
}
