using MudBlazor;
using StableRep.Api.Http;
using StableRep.Web.Shared;

namespace StableRep.Web.Admin;

/// <summary>What is done on a page of the administration: one thing at a time, with what was wrong told beside its field, or in a corner where it has none.</summary>
internal sealed class AdminDeeds(ISnackbar snackbar)
{
    private IReadOnlyDictionary<string, string> _errors = new Dictionary<string, string>();

    /// <summary>Whether something is being done.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>What was wrong with a field of the last form, or null.</summary>
    public string? ErrorOf(string field) => _errors.GetValueOrDefault(field);

    /// <summary>Does something.</summary>
    public async Task DoAsync(Func<Task> deed)
    {
        (IsBusy, _errors) = (true, new Dictionary<string, string>());
        try
        {
            await deed();
        }
        catch (InputException exception)
        {
            _errors = exception.Errors;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            snackbar.Add(Problem.Message(exception), Severity.Error);
        }
        finally
        {
            IsBusy = false;
        }
    }
}
