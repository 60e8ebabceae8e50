using StableRep.Api.Http;
using StableRep.Api.Live;
using StableRep.Api.Playground;

namespace StableRep.Web.Playground;

/// <summary>Asks for previews for one page and follows the one that was asked for last; when the page goes, nobody wants it any more.</summary>
internal sealed class PreviewFollower(PreviewService previews, ExperimentFeed feed, Action changed) : IAsyncDisposable
{
    private readonly SemaphoreSlim _reading = new(1, 1);
    private IDisposable? _subscription;
    private bool _isDisposed;

    /// <summary>The preview as it stands, or null before there is one.</summary>
    public PreviewView? Preview { get; private set; }

    /// <summary>The problem of each field of what was asked for.</summary>
    public IReadOnlyDictionary<string, string> Problems { get; private set; } = new Dictionary<string, string>();

    /// <summary>Why there is no preview, or null.</summary>
    public string? Problem { get; private set; }

    /// <summary>Whether images are still to come.</summary>
    public bool IsOpen => Preview is { IsOver: false };

    /// <summary>Asks for a preview in place of the one there is.</summary>
    public async Task AskAsync(NewPreview wanted, Guid? ownerId)
    {
        await StopAsync();
        (Problem, Problems) = (null, new Dictionary<string, string>());
        try
        {
            var preview = await previews.StartAsync(wanted, ownerId);
            Preview = preview;
            _subscription = feed.SubscribeTopic(PreviewService.Topic(preview.Id), _ => ReadAsync(preview.Id));

            // What was announced before the subscription stood is read here.
            await ReadAsync(preview.Id);
        }
        catch (InputException exception)
        {
            Problems = exception.Errors;
        }
        catch (Exception exception) when (exception is ConflictException or Npgsql.NpgsqlException)
        {
            Problem = Shared.Problem.Message(exception);
        }

        changed();
    }

    /// <summary>Wants no more images of the preview there is; those that are there stay.</summary>
    public async Task StopAsync()
    {
        _subscription?.Dispose();
        _subscription = null;
        if (Preview is { IsOver: false } open)
        {
            await previews.CancelAsync(open.Id);
            await ReadAsync(open.Id);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        _subscription?.Dispose();
        if (Preview is { IsOver: false } open)
        {
            await previews.CancelAsync(open.Id);
        }

        _reading.Dispose();
    }

    private async Task ReadAsync(Guid id)
    {
        if (_isDisposed)
        {
            return;
        }

        await _reading.WaitAsync();
        try
        {
            if (Preview?.Id == id)
            {
                Preview = await previews.GetAsync(id);
            }
        }
        catch (MissingException)
        {
            Preview = null;
        }
        finally
        {
            _reading.Release();
        }

        changed();
    }
}
