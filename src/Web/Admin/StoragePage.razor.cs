using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using MudBlazor;
using StableRep.Api.Storage;
using StableRep.Web.Shared;

namespace StableRep.Web.Admin;

/// <summary>What takes space, and giving back what nothing needs.</summary>
public sealed partial class StoragePage
{
    private readonly HashSet<StorageKind> _chosen = [];
    private StorageReport? _report;
    private Exception? _error;
    private bool _isBusy;

    [CascadingParameter]
    private Task<AuthenticationState>? Authentication { get; set; }

    [Inject]
    private StorageService Storage { get; set; } = default!;

    [Inject]
    private IDialogService Dialogs { get; set; } = default!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = default!;

    /// <inheritdoc/>
    protected override Task OnInitializedAsync() => ReadAsync();

    private string Share(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, 100.0 * bytes / Math.Max(1, _report!.TotalBytes)):0.##}%");

    private void Choose(StorageKind kind, bool isChosen)
    {
        _chosen.Remove(kind);
        if (isChosen)
        {
            _chosen.Add(kind);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            (_report, _error) = (await Storage.ReportAsync(), null);
            _chosen.RemoveWhere(kind => _report.Of(kind).Count == 0);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _error = exception;
        }
    }

    private async Task ReclaimAsync()
    {
        var names = string.Join(", ", _chosen.Select(kind => StorageNames.Of(kind).Title.ToLowerInvariant()));
        if (!await ConfirmDialog.AskAsync(Dialogs, "Give the space back?", $"These are deleted for good: {names}. What comes into use in the meantime stays.", "Delete them"))
        {
            return;
        }

        _isBusy = true;
        try
        {
            var user = Authentication is null ? null : (await Authentication).User;
            var given = await Storage.ReclaimAsync(_chosen, user);
            Snackbar.Add($"{Words.Bytes(given.Sum(use => use.Bytes))} given back.", Severity.Success);
            _chosen.Clear();
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
