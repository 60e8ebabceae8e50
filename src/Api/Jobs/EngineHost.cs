using Microsoft.Extensions.Options;
using StableRep.Api.Hosting;
using StableRep.Engine.Diffusion;
using StableRep.Engine.Runtime;

namespace StableRep.Api.Jobs;

/// <summary>
/// The device of a worker and the generators that it has loaded: the shards of one image set follow each other, and what somebody waits for
/// comes in between.
/// </summary>
internal sealed partial class EngineHost(IOptions<EngineOptions> options, ILogger<EngineHost> logger) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ManualResetEventSlim _noneFirst = new(initialState: true);
    private readonly Lock _counting = new();
    private readonly List<Loaded> _generators = [];
    private int _first;
    private ComputeDevice? _device;

    /// <summary>What to compute on.</summary>
    public ComputeDevice Device => LazyInitializer.EnsureInitialized(ref _device, () =>
    {
        TorchRuntime.Load(options.Value.Threads);
        if (TorchRuntime.Notice is { } notice)
        {
            LogNotice(notice);
        }

        return ComputeDevice.Parse(options.Value.Device, options.Value.Precision);
    });

    /// <summary>The device's name; before the first job, as it is configured.</summary>
    public string Name => _device is { } device
        ? $"{(device.IsCuda ? $"cuda:{device.Index}" : "cpu")}, {device.Precision.ToString().ToLowerInvariant()}"
        : options.Value.Device;

    /// <summary>Uses a generator, one user at a time, on a thread of its own.</summary>
    /// <exception cref="InvalidDataException">The folder holds another generator than it should.</exception>
    public async Task<T> UseAsync<T>(string folder, string hash, Func<GeneratorFolder, T> use, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return await Task.Factory.StartNew(() => Use(folder, hash, use), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Uses a generator before anybody who gives way.</summary>
    /// <exception cref="InvalidDataException">The folder holds another generator than it should.</exception>
    public async Task<T> UseFirstAsync<T>(string folder, string hash, Func<GeneratorFolder, T> use, CancellationToken cancellationToken)
    {
        CountFirst(1);
        try
        {
            return await UseAsync(folder, hash, use, cancellationToken);
        }
        finally
        {
            CountFirst(-1);
        }
    }

    /// <summary>Lets those go first who want to. For a user that can pause here; its generator stays loaded.</summary>
    public void GiveWay(CancellationToken cancellationToken)
    {
        if (_noneFirst.IsSet)
        {
            return;
        }

        _gate.Release();
        try
        {
            _noneFirst.Wait(cancellationToken);
        }
        finally
        {
            _gate.Wait(CancellationToken.None);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _generators.ForEach(generator => generator.Folder.Dispose());
        _gate.Dispose();
        _noneFirst.Dispose();
    }

    private void CountFirst(int change)
    {
        lock (_counting)
        {
            _first += change;
            if (_first == 0)
            {
                _noneFirst.Set();
            }
            else
            {
                _noneFirst.Reset();
            }
        }
    }

    private T Use<T>(string folder, string hash, Func<GeneratorFolder, T> use)
    {
        var generator = Load(folder, hash);
        generator.Users++;
        try
        {
            return use(generator.Folder);
        }
        finally
        {
            generator.Users--;
        }
    }

    private Loaded Load(string folder, string hash)
    {
        if (_generators.Find(generator => generator.Hash == hash) is { } loaded)
        {
            return loaded;
        }

        foreach (var idle in _generators.FindAll(generator => generator.Users == 0))
        {
            _generators.Remove(idle);
            idle.Folder.Dispose();
        }

        var generator = GeneratorFolder.Load(folder, Device);
        if (generator.Hash != hash)
        {
            generator.Dispose();
            throw new InvalidDataException($"{folder} holds another generator ({generator.Hash}) than the image set was planned with ({hash}): put that one back.");
        }

        var added = new Loaded(hash, generator);
        _generators.Add(added);
        return added;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Notice}")]
    private partial void LogNotice(string notice);

    private sealed class Loaded(string hash, GeneratorFolder folder)
    {
        public string Hash => hash;

        public GeneratorFolder Folder => folder;

        public int Users { get; set; }
    }
}
