using System.Text.Json;

namespace StableRep.Engine.Checkpoints.Hub;

/// <summary>
/// Brings a generator from a hub into a library. It is fetched into a hidden folder beside its place and appears under its name complete,
/// verified and with every header checked, or not at all. A pull that was stopped, also by a kill, goes on where it was.
/// </summary>
public sealed class GeneratorPull(HubClient hub, GeneratorLibrary library)
{
    private const string StateFileName = ".pull.json";

    // What a file system needs beside the files themselves.
    private const long SpareBytes = 64 << 20;

    /// <summary>Pulls a generator.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="name">Its name in the library; null for the repository's.</param>
    /// <param name="variant">The weights' variant, such as <c>fp16</c>; null for the plain ones, or the only one there is.</param>
    /// <param name="replace">Whether another generator of the same name gives way; it stays until the new one is complete.</param>
    /// <param name="progress">Told about every piece that arrives, from several threads but one at a time.</param>
    /// <param name="cancellationToken">Stops; what has come stays for the next pull.</param>
    /// <returns>The generator; one that is there already with the same commit and variant is not fetched again.</returns>
    /// <exception cref="HubException">
    /// The hub does not have the repository or refuses, the repository is not a generator, the disk is too small, another generator has the name,
    /// or what came is not what the hub listed.
    /// </exception>
    /// <exception cref="CheckpointException">The weights cannot be read: pickled only, of other variants only, or damaged.</exception>
    /// <exception cref="FormatException">The name is not a plain folder name.</exception>
    public async Task<GeneratorEntry> RunAsync(
        HubRepository repository,
        string? name = null,
        string? variant = null,
        bool replace = false,
        IProgress<PullProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        name ??= repository.Name;
        var target = library.PathOf(name);
        var listing = await hub.ListAsync(repository, cancellationToken);
        var source = new GeneratorSource(hub.Options.BaseAddress, repository.Id, repository.Revision, listing.Commit, variant);
        if (library.Find(name) is { } present)
        {
            if (present.Source == source && source.Commit is not null)
            {
                return present;
            }

            if (!replace)
            {
                throw new HubException(
                    $"{target} is there already, from {present.Source?.Repository ?? "elsewhere"} (commit {present.Source?.Commit ?? "unknown"}). Give another --name, or --replace to exchange it.");
            }
        }

        var selected = GeneratorFiles.Select(repository, listing, variant);
        var work = Path.Combine(library.Folder, $".{name}.pull");
        Directory.CreateDirectory(work);
        using (Lock(name))
        {
            BeginOrGoOn(work, source);
            var tracker = new Tracker(progress);
            await FetchAsync(repository, selected, work, tracker, cancellationToken);
            var shards = selected.Where(GeneratorFiles.IsIndex)
                .SelectMany(index => GeneratorFiles.Shards(repository, listing, index, PathIn(work, index)))
                .ToList();
            await FetchAsync(repository, shards, work, tracker, cancellationToken);
            Check(work);
            RemoveStrays(work, [.. selected, .. shards]);
            GeneratorLibrary.WriteSource(work, source);
            Publish(work, target);
            return library.Find(name)!;
        }
    }

    private FileStream Lock(string name)
    {
        try
        {
            // The file stays: deleting it would let two pulls hold a lock of the same name.
            return new FileStream(Path.Combine(library.Folder, $".{name}.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new HubException($"Another pull of '{name}' is running: wait for it, or give another --name.", exception);
        }
    }

    /// <summary>Keeps what an earlier pull of the same commit left; anything else in the folder goes.</summary>
    private static void BeginOrGoOn(string work, GeneratorSource source)
    {
        var statePath = Path.Combine(work, StateFileName);
        var state = JsonSerializer.SerializeToUtf8Bytes(source);
        if (File.Exists(statePath) && File.ReadAllBytes(statePath).AsSpan().SequenceEqual(state))
        {
            return;
        }

        foreach (var folder in Directory.EnumerateDirectories(work))
        {
            Directory.Delete(folder, recursive: true);
        }

        foreach (var file in Directory.EnumerateFiles(work))
        {
            File.Delete(file);
        }

        File.WriteAllBytes(statePath, state);
    }

    private async Task FetchAsync(
        HubRepository repository, IReadOnlyList<HubFile> files, string work, Tracker tracker, CancellationToken cancellationToken)
    {
        tracker.Add(files);
        var wanted = files.Where(file => !IsThere(file, PathIn(work, file), tracker)).ToList();
        RequireSpace(work, wanted);
        await Parallel.ForEachAsync(
            wanted,
            new ParallelOptions { MaxDegreeOfParallelism = hub.Options.ParallelDownloads, CancellationToken = cancellationToken },
            async (file, token) =>
            {
                var path = PathIn(work, file);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                await hub.DownloadAsync(repository, file, path, bytes => tracker.Report(file, bytes), token);
            });
    }

    // A file carries its final name only once it was verified.
    private static bool IsThere(HubFile file, string path, Tracker tracker)
    {
        var info = new FileInfo(path);
        if (!info.Exists || (file.Size is { } size && info.Length != size))
        {
            return false;
        }

        tracker.Report(file, info.Length);
        return true;
    }

    private static void RequireSpace(string work, IEnumerable<HubFile> files)
    {
        var needed = SpareBytes + files.Sum(file => Math.Max(0, (file.Size ?? 0) - PartLength(PathIn(work, file))));
        var free = new DriveInfo(work).AvailableFreeSpace;
        if (needed > free)
        {
            throw new HubException($"The generator needs {needed / 1e9:0.0} GB more and {work} has {free / 1e9:0.0} GB free: make room, or set another Studio:DataFolder.");
        }
    }

    private static long PartLength(string path) => new FileInfo(path + ".part") is { Exists: true, Length: var length } ? length : 0;

    /// <summary>Opens what was fetched as a loader would, so that a damaged generator never gets its name.</summary>
    private static void Check(string work)
    {
        var index = ModelIndex.Load(work);
        foreach (var component in new[] { "unet", "vae", "text_encoder" })
        {
            using var source = TensorSources.OpenComponent(index.Component(component));
        }
    }

    private static void RemoveStrays(string work, IReadOnlyCollection<HubFile> files)
    {
        var kept = files.Select(file => PathIn(work, file)).Append(Path.Combine(work, StateFileName)).ToHashSet();
        foreach (var file in Directory.EnumerateFiles(work, "*", SearchOption.AllDirectories).Where(file => !kept.Contains(file)))
        {
            File.Delete(file);
        }
    }

    private static void Publish(string work, string target)
    {
        var old = work + ".old";
        if (Directory.Exists(target))
        {
            Directory.Move(target, old);
        }

        Directory.Move(work, target);
        File.Delete(Path.Combine(target, StateFileName));
        if (Directory.Exists(old))
        {
            Directory.Delete(old, recursive: true);
        }
    }

    private static string PathIn(string work, HubFile file) => Path.Combine([work, .. file.Path.Split('/')]);

    /// <summary>Adds up what every file has got so far.</summary>
    private sealed class Tracker(IProgress<PullProgress>? progress)
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<string, long> _done = [];
        private long _total;

        public void Add(IEnumerable<HubFile> files)
        {
            lock (_gate)
            {
                _total += files.Sum(file => file.Size ?? 0);
            }
        }

        public void Report(HubFile file, long bytes)
        {
            lock (_gate)
            {
                _done[file.Path] = bytes;
                var done = _done.Values.Sum();
                progress?.Report(new PullProgress(file.Path, bytes, file.Size, done, Math.Max(_total, done)));
            }
        }
    }
}

/// <summary>How far a pull has come.</summary>
/// <param name="File">The file that grew.</param>
/// <param name="FileBytes">Its bytes so far.</param>
/// <param name="FileSize">Its size, where the hub says it.</param>
/// <param name="TotalBytes">The bytes of all files so far.</param>
/// <param name="TotalSize">The size of all files known so far; grows when an index names more.</param>
public readonly record struct PullProgress(string File, long FileBytes, long? FileSize, long TotalBytes, long TotalSize);
