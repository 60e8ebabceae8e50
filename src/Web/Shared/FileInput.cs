using Microsoft.AspNetCore.Components.Forms;
using Microsoft.AspNetCore.Components.Rendering;

namespace StableRep.Web.Shared;

/// <summary>An input for a file that takes none before it listens: a file that is chosen or dropped earlier would be lost without a word.</summary>
public sealed class FileInput : InputFile
{
    private bool _isListening;

    /// <inheritdoc/>
    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        AdditionalAttributes = new Dictionary<string, object>(AdditionalAttributes ?? new Dictionary<string, object>()) { ["disabled"] = !_isListening };
        base.BuildRenderTree(builder);
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        await base.OnAfterRenderAsync(firstRender);
        if (firstRender)
        {
            _isListening = true;
            StateHasChanged();
        }
    }
}
