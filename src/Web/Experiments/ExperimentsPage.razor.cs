using System.Text.Json;
using Microsoft.AspNetCore.Components;
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
    private const string ViewsKey = "studio-experiment-views";
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    private static readonly View[] Standard =
    [
        new("All", "/experiments", false),
        new("At work", "/experiments?filter=" + Uri.EscapeDataString("state = \"queued\" OR state = \"generating\" OR state = \"training\" OR state = \"probing\""), false),
        new("Best linear probe first", "/experiments?order=" + Uri.EscapeDataString("linear_accuracy desc"), false),
        new("Failed", "/experiments?filter=" + Uri.EscapeDataString("state = \"failed\""), false),
    ];

    private readonly HashSet<Guid> _chosen = [];
    private IReadOnlyList<View> _views = Standard;
    private Page<ExperimentSummary>? _page;
    private Exception? _error;
    private IDisposable? _subscription;
    private Throttle? _refresh;
    private string? _filter;
    private string _tag = "";
    private bool _isBusy;

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

    [Inject]
    private ExperimentList List { get; set; } = default!;

    [Inject]
    private ExperimentService Experiments { get; set; } = default!;

    [Inject]
    private ExperimentEditor Editor { get; set; } = default!;

    [Inject]
    private ExperimentFeed Feed { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private IDialogService Dialogs { get; set; } = default!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = default!;

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
        await ReadAsync();
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
            var kept = await Script.InvokeAsync<string?>("studioPage.kept", ViewsKey);
            if (kept is not null)
            {
                ShowViews(JsonSerializer.Deserialize<View[]>(kept) ?? []);
            }
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            _page = await List.SearchAsync(new ListQuery { PageSize = PageSize, PageToken = Token, Filter = Filter, OrderBy = Order });
            _error = null;
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

    private void Choose(Guid id)
    {
        if (!_chosen.Remove(id))
        {
            _chosen.Add(id);
        }
    }

    private void ChooseAll(ChangeEventArgs change)
    {
        foreach (var row in _page!.Items)
        {
            if (change.Value is true)
            {
                _chosen.Add(row.Id);
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
            await ForEachChosenAsync(id => action.Run(Experiments, id), action.Removes);
        }
    }

    private async Task TagAsync()
    {
        if (_tag.Trim() is { Length: > 0 } tag)
        {
            await ForEachChosenAsync(id => Editor.AddTagAsync(id, tag), false);
            _tag = "";
        }
    }

    private async Task ForEachChosenAsync(Func<Guid, Task> change, bool removes)
    {
        _isBusy = true;
        var problems = new List<string>();
        foreach (var id in _chosen.ToList())
        {
            try
            {
                await change(id);
                if (removes)
                {
                    _chosen.Remove(id);
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                problems.Add(Problem.Message(exception));
            }
        }

        _isBusy = false;
        if (problems.Count > 0)
        {
            Snackbar.Add($"{Words.Count(problems.Count, "experiment was", "experiments were")} left as before. {problems[0]}", Severity.Warning);
        }

        await ReadAsync();
    }

    private async Task SaveViewAsync()
    {
        var name = await Script.InvokeAsync<string?>("prompt", "What shall this view be called?");
        if (name?.Trim() is { Length: > 0 } title)
        {
            await KeepAsync([.. _views.Where(view => view.IsOwn && view.Name != title), new(title, "/" + Navigation.ToBaseRelativePath(Navigation.Uri), true)]);
        }
    }

    private Task ForgetViewsAsync() => KeepAsync([]);

    private async Task KeepAsync(IReadOnlyList<View> own)
    {
        ShowViews(own);
        await Script.InvokeVoidAsync("studioPage.keep", ViewsKey, JsonSerializer.Serialize(own));
    }

    private void ShowViews(IReadOnlyList<View> own)
    {
        // An address from the browser's store is a person's own, and still only one of this page.
        _views = [.. Standard, .. own.Where(view => view.Address.StartsWith("/experiments", StringComparison.Ordinal)).Select(view => view with { IsOwn = true })];
        StateHasChanged();
    }

    private sealed record View(string Name, string Address, bool IsOwn);
}
