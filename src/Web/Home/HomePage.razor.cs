using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using StableRep.Api.Experiments;
using StableRep.Api.Live;
using StableRep.Web.Shared;

namespace StableRep.Web.Home;

/// <summary>The studio at a glance, kept up to date.</summary>
public sealed partial class HomePage : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(500);

    private IDisposable? _subscription;
    private Throttle? _refresh;
    private Exception? _error;
    private Exception? _launchError;
    private bool _isLaunching;

    /// <summary>What is shown; handed from the first, static rendering to the live one, so that nothing flickers.</summary>
    [PersistentState]
    public StudioOverview? Overview { get; set; }

    [CascadingParameter]
    private Task<AuthenticationState> Authentication { get; set; } = default!;

    [Inject]
    private StudioOverviewReader Reader { get; set; } = default!;

    [Inject]
    private DemoExperiment Demo { get; set; } = default!;

    [Inject]
    private ExperimentFeed Feed { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    /// <inheritdoc/>
    public void Dispose()
    {
        _subscription?.Dispose();
        _refresh?.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        if (Overview is null)
        {
            await ReadAsync();
        }

        if (RendererInfo.IsInteractive)
        {
            _refresh = new Throttle(Pace, () => InvokeAsync(ReadAsync), Clock);
            _subscription = Feed.SubscribeAll(_ =>
            {
                _refresh.Request();
                return Task.CompletedTask;
            });
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            (Overview, _error) = (await Reader.ReadAsync(), null);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _error = exception;
        }

        StateHasChanged();
    }

    private async Task LaunchDemoAsync()
    {
        (_isLaunching, _launchError) = (true, null);
        try
        {
            var experiment = await Demo.LaunchAsync(ownerId: await Authentication.UserIdAsync());
            Navigation.NavigateTo($"/experiments/{experiment.Id}");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            (_isLaunching, _launchError) = (false, exception);
        }
    }
}
