using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.JSInterop;
using MudBlazor;
using StableRep.Api.Accounts;
using StableRep.Api.Http;
using StableRep.Api.Live;
using StableRep.Api.Review;
using StableRep.Data.Accounts;
using StableRep.Data.Review;
using StableRep.Web.Shared;

namespace StableRep.Web.Review;

/// <summary>
/// A team judges the images of one set. The rows are drawn by a script, which asks for windows and hands over marks; this page holds the
/// filter, listens for what others do, and shows the progress.
/// </summary>
public sealed partial class ReviewPage
{
    private static readonly TimeSpan SummaryPause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _closed = new();
    private readonly string _session = Guid.NewGuid().ToString("N");
    private ElementReference _host;
    private DotNetObjectReference<ReviewPage>? _self;
    private IJSObjectReference? _grid;
    private IDisposable? _subscription;
    private ReviewPresence _presence = default!;
    private ReviewCursor? _cursor;
    private ReviewSet? _set;
    private ReviewSummary? _summary;
    private IReadOnlyList<ReviewAgreement> _agreements = [];
    private IReadOnlyList<ReviewAssignment> _assignments = [];
    private IReadOnlyList<ReviewPerson> _people = [];
    private IReadOnlyList<ReviewPeer> _peers = [];
    private Exception? _error;
    private Guid _me;
    private string _name = "";
    private bool _isAdmin;
    private bool _isOwner;
    private bool _canMark;
    private bool _panel;
    private bool _viewIsNew;
    private bool _summaryIsStale;
    private int? _viewCount;
    private int[]? _view;
    private string? _shownFor;

    /// <summary>The image set.</summary>
    [Parameter]
    public Guid ImageSetId { get; set; }

    /// <summary>Which verdict.</summary>
    [SupplyParameterFromQuery]
    public string? Status { get; set; }

    /// <summary>Whose marks: an id or <c>me</c>.</summary>
    [SupplyParameterFromQuery]
    public string? Reviewer { get; set; }

    /// <summary>Which tag.</summary>
    [SupplyParameterFromQuery]
    public string? Tag { get; set; }

    /// <summary>The least rating.</summary>
    [SupplyParameterFromQuery]
    public int? MinRating { get; set; }

    /// <summary>Whose captions: an id or <c>me</c>.</summary>
    [SupplyParameterFromQuery]
    public string? AssignedTo { get; set; }

    /// <summary>The order.</summary>
    [SupplyParameterFromQuery]
    public string? Order { get; set; }

    /// <summary>What captions hold.</summary>
    [SupplyParameterFromQuery]
    public string? Caption { get; set; }

    /// <summary>Only images in dispute.</summary>
    [SupplyParameterFromQuery]
    public bool Disagreement { get; set; }

    [CascadingParameter]
    private Task<AuthenticationState> Authentication { get; set; } = default!;

    [Inject]
    private ReviewQueries Queries { get; set; } = default!;

    [Inject]
    private ReviewService Service { get; set; } = default!;

    [Inject]
    private RegenerationService Regeneration { get; set; } = default!;

    [Inject]
    private AuditLog Audit { get; set; } = default!;

    [Inject]
    private ExperimentFeed Feed { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private IJSRuntime Script { get; set; } = default!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    private string? About => _set is null ? null : string.Create(
        CultureInfo.InvariantCulture, $"{_set.Generator} · guidance {_set.GuidanceScale:0.##} · {_set.Images:N0} images of {_set.Captions:N0} captions{(_summary?.Blind == true ? " · blind" : "")}");

    /// <summary>The rows of some captions as the script draws them.</summary>
    [JSInvokable]
    public async Task<string> Rows(int[] captions) => Json(await Queries.RowsAsync(ImageSetId, _me, captions, _closed.Token));

    /// <summary>Changes marks, and gives the rows as they are then.</summary>
    [JSInvokable]
    public Task<string> Mark(string change) => DoAsync(() => Service.MarkAsync(ImageSetId, _me, Read<ReviewMarkChange>(change), _closed.Token));

    /// <summary>Takes the last step back.</summary>
    [JSInvokable]
    public Task<string> Undo(string? nothing) => DoAsync(async () =>
    {
        var captions = await Service.UndoAsync(ImageSetId, _me, _closed.Token);
        if (captions.Count == 0)
        {
            Snackbar.Add("There is nothing to undo.", Severity.Info);
        }

        return captions;
    });

    /// <summary>Gives the last word on images in dispute.</summary>
    [JSInvokable]
    public Task<string> Resolve(string wanted) => DoAsync(async () =>
    {
        var resolution = Read<NewReviewResolution>(wanted);
        var captions = await Service.ResolveAsync(ImageSetId, new ReviewActor(_me, _isAdmin), resolution.ImageIds, resolution.Verdict, _closed.Token);
        await WriteDownAsync("resolve");
        return captions;
    });

    /// <summary>Has rejected images made again.</summary>
    [JSInvokable]
    public Task<string> Regenerate(string wanted) => DoAsync(async () =>
    {
        await RegenerateAsync(Read<NewRegeneration>(wanted).ImageIds);
        return [];
    });

    /// <summary>The cursor moved.</summary>
    [JSInvokable]
    public async Task Look(int? caption, long? image)
    {
        _cursor = new ReviewCursor(_session, _name, caption, image);
        await Service.LookAsync(ImageSetId, _me, _cursor);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        _subscription?.Dispose();
        if (_cursor is not null)
        {
            try
            {
                await Service.LookAsync(ImageSetId, _me, _cursor with { Caption = null, Image = null });
            }
            catch (Npgsql.NpgsqlException)
            {
                // Others notice by its silence.
            }
        }

        try
        {
            if (_grid is not null)
            {
                await _grid.InvokeVoidAsync("dispose");
                await _grid.DisposeAsync();
            }
        }
        catch (JSDisconnectedException)
        {
        }

        _self?.Dispose();
        _closed.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        var address = Navigation.ToAbsoluteUri(Navigation.Uri).PathAndQuery;
        if (_shownFor != address)
        {
            _shownFor = address;
            await LoadAsync();
        }
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!_viewIsNew || _viewCount is not { } count)
        {
            return;
        }

        _viewIsNew = false;
        if (_grid is null)
        {
            await using var module = await Script.InvokeAsync<IJSObjectReference>("import", "./" + Assets["review.js"]);
            _self = DotNetObjectReference.Create(this);
            _presence = new ReviewPresence(Clock, _session);
            _grid = await module.InvokeAsync<IJSObjectReference>(
                "create", _host, _self, new { Me = _me, People = _people, CanMark = _canMark, _summary!.Tags });
            _subscription = Feed.SubscribeTopic(ReviewNotice.Topic(ImageSetId), payload => InvokeAsync(() => HearAsync(ReviewNotice.Parse(payload))));
            _ = BeatAsync();
        }

        await _grid.InvokeVoidAsync("setView", count, _view);
        if (count > 0)
        {
            await _grid.InvokeVoidAsync("focus");
        }
    }

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, StudioJson.Options);

    private static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, StudioJson.Options)!;

    private async Task LoadAsync()
    {
        _error = null;
        try
        {
            var user = (await Authentication).User;
            (_me, _name, _isAdmin, _canMark) = (user.UserId() ?? Guid.Empty, user.DisplayName(), user.Is(StudioRole.Admin), user.Is(StudioRole.Researcher));
            var filter = new ReviewFilterQuery
            {
                Status = Status,
                Reviewer = Reviewer,
                Tag = Tag,
                MinRating = MinRating,
                AssignedTo = AssignedTo,
                Order = Order,
                Caption = Caption,
                Disagreement = Disagreement,
            };
            _view = await Queries.ViewAsync(ImageSetId, _me, filter.ToFilter(_me), _closed.Token);
            if (_summary is null)
            {
                _people = await Queries.PeopleAsync(_closed.Token);
                _isOwner = await Service.IsOwnerAsync(ImageSetId, new ReviewActor(_me, _isAdmin), _closed.Token);
                _set = (await Queries.ListAsync(_me, cancellationToken: _closed.Token)).FirstOrDefault(set => set.Id == ImageSetId);
                await SummarizeAsync();
            }

            _viewCount = _view?.Length ?? _summary!.Captions;
            _viewIsNew = true;
        }
#pragma warning disable CA1031 // Whatever it is, the page says it and offers to try again.
        catch (Exception exception) when (!_closed.IsCancellationRequested)
#pragma warning restore CA1031
        {
            _error = exception;
        }
    }

    private async Task SummarizeAsync()
    {
        _summary = await Queries.SummaryAsync(ImageSetId, _me, _closed.Token);
        _agreements = await Queries.AgreementAsync(ImageSetId, _closed.Token);
        _assignments = await Service.AssignmentsAsync(ImageSetId, _closed.Token);
    }

    private void Filter(string name, ChangeEventArgs change)
    {
        object? value = change.Value switch
        {
            bool flag => flag ? true : null,
            string { Length: > 0 } text => text,
            _ => null,
        };
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameter(JsonNamingPolicy.CamelCase.ConvertName(name), value switch { bool flag => flag ? "true" : null, _ => value as string }));
    }

    private async Task HearAsync(ReviewNotice notice)
    {
        if (_closed.IsCancellationRequested || _grid is null)
        {
            return;
        }

        if (notice.By is { } by && !_people.Any(person => person.Id == by))
        {
            // Somebody who has an account since the page was opened.
            _people = await Queries.PeopleAsync(_closed.Token);
            await _grid.InvokeVoidAsync("setPeople", _people);
        }

        if (notice.Kind == ReviewNotice.Presence)
        {
            if (_presence.Hear(notice))
            {
                await ShowPeersAsync();
            }

            return;
        }

        await _grid.InvokeVoidAsync("changed", notice.Captions);
        if (!_summaryIsStale)
        {
            // A burst of marks is counted once.
            _summaryIsStale = true;
            _ = InvokeAsync(async () =>
            {
                await Task.Delay(SummaryPause, Clock, _closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                _summaryIsStale = false;
                if (!_closed.IsCancellationRequested)
                {
                    await SummarizeAsync();
                    await _grid.InvokeVoidAsync("setTags", _summary!.Tags);
                    StateHasChanged();
                }
            });
        }
    }

    private async Task ShowPeersAsync()
    {
        _peers = _presence.Peers();
        await _grid!.InvokeVoidAsync("setPeers", _peers);
        StateHasChanged();
    }

    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(ReviewPresence.Interval, Clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_closed.Token))
            {
                await InvokeAsync(async () =>
                {
                    if (_presence.Expire())
                    {
                        await ShowPeersAsync();
                    }

                    await Service.LookAsync(ImageSetId, _me, _cursor ??= new ReviewCursor(_session, _name, 0, null));
                });
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or JSDisconnectedException or ObjectDisposedException or Npgsql.NpgsqlException)
        {
            // The page is closed, or its connection lost: the others forget it.
        }
    }

    private async Task<string> DoAsync(Func<Task<IReadOnlyList<int>>> act)
    {
        try
        {
            if (!_canMark)
            {
                throw new ConflictException("You may look, but not review: ask an administrator for the role of a researcher.");
            }

            var captions = await act();
            return Json(await Queries.RowsAsync(ImageSetId, _me, [.. captions.Take(ReviewQueries.LongestWindow)], _closed.Token));
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Snackbar.Add(Problem.Message(exception), Severity.Error);
            throw;
        }
    }

    private async Task TryAsync(Func<Task> act)
    {
        try
        {
            await act();
            await SummarizeAsync();
        }
        catch (Exception exception) when (exception is InputException or ConflictException or MissingException)
        {
            Snackbar.Add(exception.Message, Severity.Error);
        }
    }

    private void Say(int images) => Snackbar.Add(
        images == 0 ? "Every rejected image is being replaced already." : $"{images} {(images == 1 ? "image is" : "images are")} made again; they appear here.", Severity.Info);

    private async Task GoToAsync(int caption)
    {
        var place = _view is null ? caption : Array.IndexOf(_view, caption);
        if (place >= 0 && _grid is not null)
        {
            await _grid.InvokeVoidAsync("goTo", place);
        }
    }

    private Task SetBlindAsync(bool blind) =>
        TryAsync("settings", () => Service.SetBlindAsync(ImageSetId, new ReviewActor(_me, _isAdmin), blind, _closed.Token));

    private Task RegenerateAllAsync() => TryAsync(() => RegenerateAsync(null));

    private Task AssignAsync(NewReviewAssignment wanted) => TryAsync("assign", () => Service.AssignAsync(ImageSetId, wanted, _me, _closed.Token));

    private Task UnassignAsync(Guid id) => TryAsync("unassign", () => Service.UnassignAsync(ImageSetId, id, _me, _closed.Token));

    private Task TryAsync(string verb, Func<Task> act) => TryAsync(async () =>
    {
        await act();
        await WriteDownAsync(verb);
    });

    private async Task RegenerateAsync(IReadOnlyList<long>? imageIds)
    {
        Say(await Regeneration.RegenerateAsync(ImageSetId, imageIds, _me, _closed.Token));
        await WriteDownAsync("regenerate");
    }

    private async Task WriteDownAsync(string verb) =>
        await Audit.WriteAsync((await Authentication).User, $"review.{verb}", $"image set {ImageSetId}");
}
