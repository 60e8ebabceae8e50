using Microsoft.AspNetCore.Components;
using StableRep.Api.Accounts;
using StableRep.Api.Http;
using StableRep.Api.Http.Lists;
using StableRep.Data.Accounts;

namespace StableRep.Web.Admin;

/// <summary>The audit log, the latest entry first; the filter is in the address.</summary>
public sealed partial class AuditPage
{
    private const int PageSize = 100;

    private List<AuditEntry>? _entries;
    private string? _next;
    private string? _text;
    private string? _shown;
    private string? _filterError;
    private Exception? _error;

    /// <summary>Which entries, in the filter language of the API.</summary>
    [SupplyParameterFromQuery]
    public string? Filter { get; set; }

    [Inject]
    private AuditLog Audit { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        if (_entries is null || _shown != Filter)
        {
            (_text, _shown) = (Filter, Filter);
            await ReadAsync(false);
        }
    }

    private void SearchAsync() => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("filter", string.IsNullOrWhiteSpace(_text) ? null : _text), replace: true);

    private async Task ReadAsync(bool older)
    {
        try
        {
            var page = await Audit.ListAsync(new ListQuery { PageSize = PageSize, Filter = Filter, PageToken = older ? _next : null });
            _entries = older ? [.. _entries!, .. page.Items] : [.. page.Items];
            (_next, _filterError, _error) = (page.NextPageToken, null, null);
        }
        catch (InputException exception)
        {
            _filterError = exception.Message;
            _entries ??= [];
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _error = exception;
        }
    }
}
