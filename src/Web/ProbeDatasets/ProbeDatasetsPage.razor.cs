using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Forms;
using MudBlazor;
using StableRep.Api.Accounts;
using StableRep.Api.Probes;
using StableRep.Web.Shared;

namespace StableRep.Web.ProbeDatasets;

/// <summary>The probe datasets with samples of their images; adding and deleting them.</summary>
public sealed partial class ProbeDatasetsPage : IDisposable
{
    private const int SampleCount = 12;
    private const int MostClasses = 300;

    private readonly Dictionary<string, IReadOnlyList<ProbeSample>> _samples = [];
    private readonly CancellationTokenSource _disposed = new();
    private IReadOnlyList<ProbeDatasetView>? _datasets;
    private Exception? _error;
    private Receiving? _receiving;
    private CancellationTokenSource? _stop;
    private string? _uploadProblem;

    [CascadingParameter]
    private Task<AuthenticationState> Authentication { get; set; } = default!;

    [Inject]
    private ProbeDatasetService Datasets { get; set; } = default!;

    [Inject]
    private AuditLog Audit { get; set; } = default!;

    [Inject]
    private IDialogService Dialogs { get; set; } = default!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = default!;

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop?.Cancel();
        _disposed.Cancel();
        _disposed.Dispose();
    }

    /// <summary>The name that a file's name gives a dataset.</summary>
    internal static string NameOf(string fileName)
    {
        var name = Unusual().Replace(Path.GetFileNameWithoutExtension(fileName).ToLowerInvariant(), "-").Trim('-', '.', '_');
        return name.Length switch { 0 => "dataset", > 100 => name[..100], _ => name };
    }

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        await ReadAsync();
        if (RendererInfo.IsInteractive)
        {
            _ = ShowSamplesAsync();
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            (_datasets, _error) = (await Datasets.ListAsync(), null);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _error = exception;
        }
    }

    private async Task ShowSamplesAsync()
    {
        try
        {
            foreach (var dataset in (_datasets ?? []).Where(dataset => dataset.Failure is null && !_samples.ContainsKey(dataset.Name)).ToList())
            {
                _samples[dataset.Name] = await Datasets.SamplesAsync(dataset.Name, SampleCount, _disposed.Token);
                await InvokeAsync(StateHasChanged);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // The page was left.
        }
        catch (Exception exception) when (exception is IOException or Engine.Evaluation.InvalidProbeDatasetException)
        {
            // Somebody deletes it at this moment: the next list says so.
        }
    }

    private void Cancel() => _stop?.Cancel();

    private async Task AddAsync(InputFileChangeEventArgs change)
    {
        var (file, name) = (change.File, NameOf(change.File.Name));
        (_uploadProblem, _receiving) = (null, new Receiving(name, file.Size));
        using var stop = _stop = new CancellationTokenSource();
        try
        {
            await using var content = new CountingStream(file.OpenReadStream(ProbeDatasetService.MaxBytes, stop.Token), received =>
            {
                _receiving.Received = received;
                _ = InvokeAsync(StateHasChanged);
            });
            var added = await Datasets.AddAsync(name, content, stop.Token);
            await Audit.WriteAsync((await Authentication).User, "probe_dataset.add", $"probe dataset {name}", new { added.TrainCount, added.TestCount }, CancellationToken.None);
            Snackbar.Add($"'{name}' is added.", Severity.Success);
            await ReadAsync();
            _ = ShowSamplesAsync();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The person changed their mind.
        }
        catch (IOException) when (file.Size > ProbeDatasetService.MaxBytes)
        {
            _uploadProblem = $"'{file.Name}' has {Words.Bytes(file.Size)}, and at most {Words.Bytes(ProbeDatasetService.MaxBytes)} are taken.";
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _uploadProblem = Problem.Message(exception);
        }
        finally
        {
            (_receiving, _stop) = (null, null);
        }
    }

    private async Task DeleteAsync(ProbeDatasetView dataset)
    {
        if (!await ConfirmDialog.AskAsync(Dialogs, $"Delete '{dataset.Name}'?", "Its images are gone for good. Results that were measured on it stay.", "Delete"))
        {
            return;
        }

        try
        {
            await Datasets.DeleteAsync(dataset.Name);
            await Audit.WriteAsync((await Authentication).User, "probe_dataset.delete", $"probe dataset {dataset.Name}");
            _samples.Remove(dataset.Name);
            await ReadAsync();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Snackbar.Add(Problem.Message(exception), Severity.Error);
        }
    }

    [GeneratedRegex("[^a-z0-9._-]+")]
    private static partial Regex Unusual();

    private sealed class Receiving(string name, long size)
    {
        public string Name { get; } = name;

        public long Size { get; } = size;

        public long Received { get; set; }
    }
}
