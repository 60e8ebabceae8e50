using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Forms;
using MudBlazor;
using StableRep.Api.Accounts;
using StableRep.Api.CaptionSets;
using StableRep.Api.Storage;
using StableRep.Web.Shared;

namespace StableRep.Web.CaptionSets;

/// <summary>Takes a caption file and keeps it.</summary>
public sealed partial class CaptionUploadPanel : IAsyncDisposable
{
    // Ten renders a second are as smooth as a hundred, and rendering stops when the browser falls behind.
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    private CaptionUpload _upload = default!;
    private UploadStep _shown;
    private long _lastRender;
    private int _round;
    private string _name = "";

    /// <summary>Told of a set that was kept.</summary>
    [Parameter]
    public EventCallback<Guid> OnKept { get; set; }

    [CascadingParameter]
    private Task<AuthenticationState> Authentication { get; set; } = default!;

    [Inject]
    private CaptionSetService Sets { get; set; } = default!;

    [Inject]
    private DataDisk Disk { get; set; } = default!;

    [Inject]
    private AuditLog Audit { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = default!;

    private string ColumnAdvice => _upload switch
    {
        { Preview: null } => "Choose the column that holds the captions.",
        { Column: null } => "Found by its name or content. Choose another where that is wrong.",
        _ => "The file is read with this column.",
    };

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _upload.DisposeAsync();

    /// <inheritdoc/>
    protected override void OnInitialized() => _upload = new CaptionUpload(Sets, Disk) { Changed = Render };

    private async Task ReceiveAsync(InputFileChangeEventArgs chosen)
    {
        var file = chosen.File;
        await _upload.ReceiveAsync(file.Name, file.Size, stop => file.OpenReadStream(CaptionUpload.MaxBytes, stop));
        _name = _upload.SuggestedName;
    }

    private async Task KeepAsync()
    {
        var user = (await Authentication).User;
        if (await _upload.KeepAsync(_name, user.UserId()) is not var (set, isNew))
        {
            return;
        }

        if (isNew)
        {
            await Audit.WriteAsync(user, "caption_set.create", $"caption set {set.Id}");
        }

        Snackbar.Add(isNew ? $"Kept {Words.Count(set.Count, "caption")} as '{set.Name}'." : $"'{set.Name}' has these captions already.", isNew ? Severity.Success : Severity.Info);
        await OnKept.InvokeAsync(set.Id);
    }

    private void Render()
    {
        if (_upload.Step == _shown && Clock.GetElapsedTime(_lastRender) < Pace)
        {
            return;
        }

        if (_upload.Step == UploadStep.Ready)
        {
            // The file is here: a new input takes the next one, also when it is the same file again.
            _round++;
        }

        (_shown, _lastRender) = (_upload.Step, Clock.GetTimestamp());
        _ = InvokeAsync(StateHasChanged);
    }
}
