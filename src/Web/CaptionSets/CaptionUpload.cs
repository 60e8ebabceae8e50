using StableRep.Api.CaptionSets;
using StableRep.Api.Http;
using StableRep.Api.Storage;
using StableRep.Data.CaptionSets;
using StableRep.Web.Shared;

namespace StableRep.Web.CaptionSets;

/// <summary>Where an upload stands.</summary>
internal enum UploadStep
{
    /// <summary>A file is waited for.</summary>
    Choosing,

    /// <summary>The file is on its way.</summary>
    Receiving,

    /// <summary>The file is here and is being read.</summary>
    Reading,

    /// <summary>The captions were looked at; keep them?</summary>
    Ready,

    /// <summary>The captions are being written to the store.</summary>
    Keeping,
}

/// <summary>
/// One person's upload: the file goes to the disk piece by piece, is read and looked at, and becomes a caption set when the person says so.
/// </summary>
internal sealed class CaptionUpload(CaptionSetService sets, DataDisk disk) : IAsyncDisposable
{
    /// <summary>The largest file.</summary>
    public const long MaxBytes = 2L << 30;

    private const int Piece = 1 << 17;

    private CancellationTokenSource _stop = new();
    private string? _path;

    /// <summary>Called after each change, from any thread.</summary>
    public Action Changed { get; set; } = () => { };

    /// <summary>Where the upload stands.</summary>
    public UploadStep Step { get; private set; }

    /// <summary>The file's name.</summary>
    public string FileName { get; private set; } = "";

    /// <summary>The file's size in bytes.</summary>
    public long Size { get; private set; }

    /// <summary>The bytes that are here.</summary>
    public long Received { get; private set; }

    /// <summary>What keeping the file would give.</summary>
    public CaptionPreview? Preview { get; private set; }

    /// <summary>The columns that may hold the captions.</summary>
    public IReadOnlyList<string> Columns { get; private set; } = [];

    /// <summary>The column that was chosen, or null where it is found.</summary>
    public string? Column { get; private set; }

    /// <summary>What went wrong, for people.</summary>
    public string? Problem { get; private set; }

    /// <summary>Whether something is under way.</summary>
    public bool IsBusy => Step is UploadStep.Receiving or UploadStep.Reading or UploadStep.Keeping;

    /// <summary>A name for the set: the file's without its endings.</summary>
    public string SuggestedName
    {
        get
        {
            var name = FileName.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? FileName[..^3] : FileName;
            name = Path.GetFileNameWithoutExtension(name).Replace('_', ' ').Trim();
            return name.Length switch { 0 => "Captions", > 200 => name[..200], _ => name };
        }
    }

    /// <summary>Takes a file, reads it and says what is in it.</summary>
    /// <param name="fileName">The file's name.</param>
    /// <param name="size">Its size in bytes.</param>
    /// <param name="open">Opens its content.</param>
    public async Task ReceiveAsync(string fileName, long size, Func<CancellationToken, Stream> open)
    {
        await ClearAsync();
        (FileName, Size, Received) = (fileName, size, 0);
        if (size is 0 or > MaxBytes)
        {
            Fail(size == 0 ? $"'{fileName}' is empty." : $"'{fileName}' has {Words.Bytes(size)}, and at most {Words.Bytes(MaxBytes)} are taken: split it, or compress it with gzip.");
            return;
        }

        var stop = _stop.Token;
        Move(UploadStep.Receiving);
        try
        {
            disk.Require(size);
            _path = disk.NewUploadPath();

            // The name decides the format: a wrong one is told before the file has travelled.
            File.Create(_path).Dispose();
            CaptionFile.Open(_path, fileName);
            await using var content = open(stop);
            await CopyAsync(content, stop);
            await ReadAsync(null, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await ClearAsync();
            Move(UploadStep.Choosing);
        }
        catch (Exception exception) when (exception is CaptionFileException or DiskFullException)
        {
            Fail(exception.Message);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException or OperationCanceledException or InvalidOperationException)
        {
            Fail($"'{fileName}' did not arrive completely: the connection was lost or the disk is full. Try again.");
        }
    }

    /// <summary>Reads the file again with another column.</summary>
    public async Task ChooseAsync(string column)
    {
        var stop = _stop.Token;
        try
        {
            await ReadAsync(column, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    /// <summary>Keeps the captions as a set.</summary>
    /// <returns>The set and whether it is new, or null when it could not be kept; then <see cref="Problem"/> says why.</returns>
    public async Task<(CaptionSet Set, bool IsNew)?> KeepAsync(string name, Guid? ownerId)
    {
        if (Step != UploadStep.Ready || _path is null)
        {
            return null;
        }

        var stop = _stop.Token;
        Move(UploadStep.Keeping);
        try
        {
            var kept = await sets.KeepAsync(CaptionFile.Open(_path, FileName), name.Trim(), FileName, Column, ownerId, stop);
            await ClearAsync();
            Move(UploadStep.Choosing);
            return kept;
        }
        catch (CaptionFileException exception)
        {
            Fail(exception.Message);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
        catch (Exception exception) when (exception is Npgsql.NpgsqlException or IOException or InvalidOperationException)
        {
            Problem = Shared.Problem.Message(exception);
            Move(UploadStep.Ready);
        }

        return null;
    }

    /// <summary>Forgets the file and whatever is under way.</summary>
    public async Task CancelAsync()
    {
        await ClearAsync();
        Move(UploadStep.Choosing);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Changed = () => { };
        await ClearAsync();
        _stop.Dispose();
    }

    private async Task CopyAsync(Stream content, CancellationToken stop)
    {
        await using var file = new FileStream(_path!, FileMode.Create, FileAccess.Write, FileShare.Read, Piece, FileOptions.Asynchronous);
        var buffer = new byte[Piece];
        int count;
        while ((count = await content.ReadAsync(buffer, stop)) > 0)
        {
            await file.WriteAsync(buffer.AsMemory(0, count), stop);
            Received += count;
            Changed();
        }

        if (Received < Size)
        {
            throw new EndOfStreamException();
        }
    }

    private async Task ReadAsync(string? column, CancellationToken stop)
    {
        Problem = null;
        Column = column;
        Move(UploadStep.Reading);
        try
        {
            Preview = await sets.PreviewAsync(CaptionFile.Open(_path!, FileName), column, stop);
            Columns = Preview.Columns;
            Problem = Preview.Count == 0 ? $"'{FileName}' holds no captions: {Preview.EmptyCount} entries are empty and {Preview.MalformedCount} are malformed." : null;
            Move(UploadStep.Ready);
        }
        catch (CaptionFileException exception)
        {
            Preview = null;
            Columns = exception.Columns;
            Fail(exception.Message);
        }
    }

    private void Fail(string problem)
    {
        Problem = problem;

        // A file without a column that looks like captions is still good: one may be chosen.
        Move(Columns.Count > 0 ? UploadStep.Ready : UploadStep.Choosing);
    }

    private void Move(UploadStep step)
    {
        Step = step;
        Changed();
    }

    private async Task ClearAsync()
    {
        await _stop.CancelAsync();
        _stop.Dispose();
        _stop = new CancellationTokenSource();
        (Preview, Problem, Column, Columns) = (null, null, null, []);
        if (_path is { } path)
        {
            _path = null;
            File.Delete(path);
        }
    }
}
