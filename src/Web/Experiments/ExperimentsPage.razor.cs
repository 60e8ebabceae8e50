using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.JSInterop;
using MudBlazor;
using StableRep.Api.Experiments;
using StableRep.Api.Http.Lists;
using StableRep.Api.Live;
using StableRep.Web.Shared;

namespace StableRep.Web.Experiments;

/// <summary>The table of experiments. What is shown is in the address; a person's saved views are in the browser.</summary>
public sealed partial class ExperimentsPage : IDisposable
{
    private const int PageSize = 50;
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    private static readonly SavedView[] Standard =
    [
        new("All", "/experiments"),
        new("At work", "/experiments?filter=" + Uri.EscapeDataString("state = \"queued\" OR state = \"generating\" OR state = \"training\" OR state = \"probing\"")),
        new("Best linear probe first", "/experiments?order=" + Uri.EscapeDataString("linear_accuracy desc")),
        new("Failed", "/experiments?filter=" + Uri.EscapeDataString("state = \"failed\"")),
    ];

    private readonly Dictionary<Guid, ExperimentSummary> _chosen = [];
    private IReadOnlyList<SavedView> _own = [];
    private Page<ExperimentSummary>? _page;
    private BulkOutcome? _outcome;
    private string? _working;
    private Exception? _error;
    private IDisposable? _subscription;
    private Throttle? _refresh;
    private string? _filter;
    private string _tag = "";

    /// <summary>Which experiments, in the language of the API's <c>filter</c>.</summary>
    [SupplyParameterFromQuery]
    public string? Filter { get; set; }

    /// <summary>In which order.</summary>
    [SupplyParameterFromQuery]
    public string? Order { get; set; }

    /// <summary>The columns beside the name, separated by commas.</summary>
    [SupplyParameterFromQuery]
    public string? Columns { get; set; }

    /// <summary>Where the page begins.</summary>
    [SupplyParameterFromQuery(Name = "page")]
    public string? Token { get; set; }

    /// <summary>What is shown; handed from the first, static rendering to the live one, so that nothing flickers.</summary>
    [PersistentState]
    public string? Kept { get; set; }

    [CascadingParameter]
    private Task<AuthenticationState> Authentication { get; set; } = default!;

    [Inject]
    private ExperimentList List { get; set; } = default!;

    [Inject]
    private ExperimentActions Actions { get; set; } = default!;

    [Inject]
    private ExperimentFeed Feed { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private IDialogService Dialogs { get; set; } = default!;

    [Inject]
    private IJSRuntime Script { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    private IReadOnlyList<ExperimentColumn> Shown => ExperimentColumn.Read(Columns);

    /// <inheritdoc/>
    public void Dispose()
    {
        _subscription?.Dispose();
        _refresh?.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        _filter = Filter;
        if (_page is null && Kept is { } kept && RendererInfo.IsInteractive)
        {
            _page = Packed.Read<Page<ExperimentSummary>>(kept);
        }
        else
        {
            await ReadAsync();
        }

        if (RendererInfo.IsInteractive && _subscription is null)
        {
            _refresh = new Throttle(Pace, () => InvokeAsync(ReadAsync), Clock);
            _subscription = Feed.SubscribeAll(_ =>
            {
                _refresh.Request();
                return Task.CompletedTask;
            });
        }
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender)
        {
            _own = SavedViews.Read(await Script.InvokeAsync<string?>("studioPage.kept", SavedViews.Key));
            StateHasChanged();
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            _page = await List.SearchAsync(new ListQuery { PageSize = PageSize, PageToken = Token, Filter = Filter, OrderBy = Order });
            _error = null;
            Kept = RendererInfo.IsInteractive ? null : Packed.Of(_page);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _error = exception;
        }

        StateHasChanged();
    }

    private void Go(params (string Name, string? Value)[] changes) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(
        changes.Append((Name: "page", Value: null)).ToDictionary(change => change.Name, change => (object?)(string.IsNullOrWhiteSpace(change.Value) ? null : change.Value))));

    private Task ApplyAsync()
    {
        Go(("filter", _filter));
        return Task.CompletedTask;
    }

    private Task ClearAsync()
    {
        Go(("filter", null));
        return Task.CompletedTask;
    }

    private void Toggle(ExperimentColumn column) =>
        Go(("columns", ExperimentColumn.Write(Shown.Contains(column) ? Shown.Where(other => other != column) : Shown.Append(column))));

    private void Sort(string field) => Go(("order", SortOf(field) switch
    {
        "ascending" => $"{field} desc",
        "descending" => null,
        _ => field,
    }));

    private string? SortOf(string? field) => field is null ? null : Order == field ? "ascending" : Order == $"{field} desc" ? "descending" : null;

    private string Arrow(string field) => SortOf(field) switch
    {
        "ascending" => "↑",
        "descending" => "↓",
        _ => "",
    };

    private void Choose(ExperimentSummary row)
    {
        if (!_chosen.Remove(row.Id))
        {
            _chosen[row.Id] = row;
        }
    }

    private void ChooseAll(ChangeEventArgs change)
    {
        foreach (var row in _page!.Items)
        {
            if (change.Value is true)
            {
                _chosen[row.Id] = row;
            }
            else
            {
                _chosen.Remove(row.Id);
            }
        }
    }

    private async Task RunAsync(ExperimentAction action)
    {
        var question = action.Question ?? $"{Words.Count(_chosen.Count, "experiment")} will be changed.";
        if (await ConfirmDialog.AskAsync(Dialogs, $"{action.Name} {Words.Count(_chosen.Count, "experiment")}?", question, action.Name, action.IsDangerous))
        {
            var user = (await Authentication).User;
            await ForEachChosenAsync(action.Name, row => Actions.RunAsync(user, action, row.Id, row.OwnerId), action.Removes);
        }
    }

    private async Task TagAsync()
    {
        if (_tag.Trim() is { Length: > 0 } tag)
        {
            var user = (await Authentication).User;
            await ForEachChosenAsync($"Tag “{tag}”", row => Actions.TagAsync(user, tag, row.Id, row.OwnerId), removes: false);
            _tag = "";
        }
    }

    private async Task ForEachChosenAsync(string name, Func<ExperimentSummary, Task> change, bool removes)
    {
        var problems = new List<BulkProblem>();
        var rows = _chosen.Values.ToList();
        _outcome = null;
        foreach (var (index, row) in rows.Index())
        {
            _working = $"{name}: {Words.Count(index + 1)} of {Words.Count(rows.Count)}…";
            StateHasChanged();
            try
            {
                await change(row);
                if (removes)
                {
                    _chosen.Remove(row.Id);
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                problems.Add(new BulkProblem(row.Id, row.Name, Problem.Message(exception)));
            }
        }

        (_working, _outcome) = (null, new BulkOutcome(name, rows.Count - problems.Count, problems));
        await ReadAsync();
    }

    private async Task SaveViewAsync()
    {
        if (await NameDialog.AskAsync(Dialogs, "Save this view", "What shall it be called?", SavedViews.LongestName) is { } name)
        {
            await KeepAsync(_own.With(new SavedView(name, "/" + Navigation.ToBaseRelativePath(Navigation.Uri))));
        }
    }

    private async Task KeepAsync(IReadOnlyList<SavedView> own)
    {
        _own = own;
        await Script.InvokeVoidAsync("studioPage.keep", SavedViews.Key, SavedViews.Write(own));
    }
}
