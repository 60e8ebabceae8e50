using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using MudBlazor;
using StableRep.Api.Accounts;
using StableRep.Api.Generators;
using StableRep.Api.Http;
using StableRep.Web.Shared;

namespace StableRep.Web.Generators;

/// <summary>The generators, and those that are on their way.</summary>
public sealed partial class GeneratorsPage : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(500);

    // A pull that is over is shown for a while.
    private static readonly TimeSpan Afterwards = TimeSpan.FromMinutes(10);

    private readonly CancellationTokenSource _gone = new();
    private IReadOnlyList<GeneratorSummary>? _generators;
    private IReadOnlyList<GeneratorPullProgress> _pulls = [];
    private Exception? _error;

    [CascadingParameter]
    private Task<AuthenticationState> Authentication { get; set; } = default!;

    [Inject]
    private AuditLog Audit { get; set; } = default!;

    [Inject]
    private GeneratorCatalogue Catalogue { get; set; } = default!;

    [Inject]
    private GeneratorPullService Pulls { get; set; } = default!;

    [Inject]
    private IDialogService Dialogs { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    /// <inheritdoc/>
    public void Dispose()
    {
        _gone.Cancel();
        _gone.Dispose();
    }

    /// <inheritdoc/>
    protected override Task OnInitializedAsync()
    {
        _pulls = Shown();
        return LoadAsync();
    }

    /// <inheritdoc/>
    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender)
        {
            _ = FollowAsync(_gone.Token);
        }
    }

    private static string Said(GeneratorPullProgress pull) => pull.State switch
    {
        GeneratorPullState.Running => pull.Size == 0 ? "Asking the hub…" : $"{Words.Bytes(pull.Bytes)} of {Words.Bytes(pull.Size)}, {Words.Bytes(pull.BytesPerSecond)} a second",
        GeneratorPullState.Done => $"Installed as {pull.Name}",
        GeneratorPullState.Cancelled => "Stopped; pulling again goes on where it was",
        _ => "Failed; pulling again goes on where it was",
    };

    private IReadOnlyList<GeneratorPullProgress> Shown() => [.. Pulls.List().Where(pull => pull.State == GeneratorPullState.Running || Clock.GetUtcNow() - pull.StartedAt < Afterwards)];

    private async Task LoadAsync()
    {
        try
        {
            _error = null;
            _generators = await Catalogue.ListAsync();
        }
        catch (Npgsql.NpgsqlException exception)
        {
            _error = exception;
        }
    }

    private async Task FollowAsync(CancellationToken gone)
    {
        using var timer = new PeriodicTimer(Pace, Clock);
        try
        {
            while (await timer.WaitForNextTickAsync(gone))
            {
                var pulls = Shown();
                if (pulls.SequenceEqual(_pulls))
                {
                    continue;
                }

                var ended = pulls.Count(pull => pull.State == GeneratorPullState.Done) != _pulls.Count(pull => pull.State == GeneratorPullState.Done);
                _pulls = pulls;
                await InvokeAsync(async () =>
                {
                    if (ended)
                    {
                        await LoadAsync();
                    }

                    StateHasChanged();
                });
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task StopAsync(Guid id)
    {
        try
        {
            await Pulls.StopAsync(id);
            await Audit.WriteAsync((await Authentication).User, "generator.pull.stop", $"pull {id}");
        }
        catch (Exception exception) when (exception is ConflictException or MissingException)
        {
            // It was over a moment before.
            _pulls = Shown();
        }
    }

    private async Task AskAsync() => await Dialogs.ShowAsync<PullDialog>("Pull a generator", new DialogOptions { MaxWidth = MaxWidth.Small, FullWidth = true, CloseOnEscapeKey = true });
}
