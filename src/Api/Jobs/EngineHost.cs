using Microsoft.Extensions.Options;
using StableRep.Api.Hosting;
using StableRep.Engine.Diffusion;
using StableRep.Engine.Runtime;

namespace StableRep.Api.Jobs;

/// <summary>The device of a worker and the generator that it loaded last: the shards of one image set follow each other.</summary>
internal sealed class EngineHost(IOptions<EngineOptions> options) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private (string Hash, GeneratorFolder Folder)? _generator;
    private ComputeDevice? _device;

    /// <summary>What to compute on.</summary>
    public ComputeDevice Device => LazyInitializer.EnsureInitialized(ref _device, () =>
    {
        TorchRuntime.Load(options.Value.Threads);
        return ComputeDevice.Parse(options.Value.Device, options.Value.Precision);
    });

    /// <summary>Uses a generator, one user at a time, on a thread of its own.</summary>
    /// <exception cref="InvalidDataException">The folder holds another generator than it should.</exception>
    public async Task<T> UseAsync<T>(string folder, string hash, Func<GeneratorFolder, T> use, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return await Task.Factory.StartNew(() => use(Load(folder, hash)), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _generator?.Folder.Dispose();
        _gate.Dispose();
    }

    private GeneratorFolder Load(string folder, string hash)
    {
        if (_generator is { } loaded && loaded.Hash == hash)
        {
            return loaded.Folder;
        }

        _generator?.Folder.Dispose();
        _generator = null;
        var generator = GeneratorFolder.Load(folder, Device);
        if (generator.Hash != hash)
        {
            generator.Dispose();
            throw new InvalidDataException($"{folder} holds another generator ({generator.Hash}) than the image set was planned with ({hash}): put that one back.");
        }

        _generator = (hash, generator);
        return generator;
    }
}
