using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using StableRep.Api.Http;
using StableRep.Api.Storage;
using StableRep.Data;
using StableRep.Engine.Evaluation;
using StableRep.Engine.Evaluation.Datasets;
using StableRep.Engine.Images;
using StableRep.Engine.Scenes;

namespace StableRep.Api.Probes;

/// <summary>What people do with probe datasets: look at them, add them as zip files, delete them.</summary>
public sealed partial class ProbeDatasetService(ProbeCatalogue catalogue, IDbContextFactory<StudioDbContext> stores, DataDisk disk)
{
    /// <summary>The most bytes of an upload.</summary>
    public const long MaxBytes = 8L << 30;

    private const string ProblemFile = ".problems.json";
    private const int MostChecked = 5000;
    private const int MostProblems = 100;
    private const int SampleSide = 96;

    private string Folder => disk.PathOf("probe-datasets");

    /// <summary>Every dataset with its classes and counts; of one that cannot be opened, why.</summary>
    public async Task<IReadOnlyList<ProbeDatasetView>> ListAsync(CancellationToken cancellationToken = default)
    {
        var views = new List<ProbeDatasetView>();
        foreach (var name in catalogue.Names())
        {
            // Opening reads a folder's listing, which may be long.
            views.Add(await Task.Run(() => View(name), cancellationToken));
        }

        return views;
    }

    /// <summary>One dataset.</summary>
    /// <exception cref="MissingException">There is none of this name.</exception>
    public Task<ProbeDatasetView> GetAsync(string name, CancellationToken cancellationToken = default) =>
        catalogue.Names().Contains(name) ? Task.Run(() => View(name), cancellationToken) : throw new MissingException("probe dataset", $"'{name}'");

    /// <summary>Pictures of a dataset's test split, of as many classes as there can be, as PNG.</summary>
    /// <exception cref="InvalidProbeDatasetException">There is none of this name, or it is damaged.</exception>
    public Task<IReadOnlyList<ProbeSample>> SamplesAsync(string name, int count, CancellationToken cancellationToken = default) => Task.Run<IReadOnlyList<ProbeSample>>(
        () =>
        {
            var images = catalogue.Open(name).Test;
            var samples = new List<ProbeSample>();
            foreach (var index in Spread(images, count))
            {
                cancellationToken.ThrowIfCancellationRequested();
                try
                {
                    samples.Add(new ProbeSample(images.ClassNames[images.Get(index).Label], ImageCodec.Encode(Small(images.Read(index)), ImageFormat.Png)));
                }
                catch (InvalidImageException)
                {
                    // It is among the dataset's problems.
                }
            }

            return samples;
        },
        cancellationToken);

    /// <summary>Adds a dataset from a zip file of a <c>train</c> and a <c>test</c> folder with a folder of images a class.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="content">The zip file.</param>
    /// <param name="cancellationToken">Cancels; then nothing is kept.</param>
    /// <exception cref="InputException">The name cannot be used, or the file is too large.</exception>
    /// <exception cref="ConflictException">There is one of this name.</exception>
    /// <exception cref="DiskFullException">The disk has no room for the file or for what is in it.</exception>
    /// <exception cref="InvalidProbeDatasetException">It is no zip file, has another layout, tries to do harm, or holds no picture that can be read.</exception>
    public async Task<ProbeDatasetView> AddAsync(string name, Stream content, CancellationToken cancellationToken = default)
    {
        if (!NamePattern().IsMatch(name))
        {
            throw new InputException("name", "The name must have 1 to 100 small letters, digits, '-', '_' and '.', and begin with a letter or digit.");
        }

        RefuseTaken(name);
        var work = Path.Combine(Folder, $".incoming-{Guid.NewGuid():N}");
        Directory.CreateDirectory(work);
        try
        {
            var archive = Path.Combine(work, name + ".zip");
            await ReceiveAsync(content, archive, cancellationToken);
            return await Task.Run(() => Keep(name, archive, Path.Combine(work, "unpacked"), cancellationToken), cancellationToken);
        }
        catch (InvalidProbeDatasetException exception)
        {
            // Where the server keeps its files is nobody's business.
            throw new InvalidProbeDatasetException(exception.Message.Replace(work + Path.DirectorySeparatorChar, "", StringComparison.Ordinal), exception);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    /// <summary>Deletes a dataset's files; results that were measured on it stay.</summary>
    /// <exception cref="MissingException">There is none of this name.</exception>
    /// <exception cref="ConflictException">The studio draws it itself, or a probe still needs it.</exception>
    public async Task DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        if (SceneProbes.Names.Contains(name))
        {
            throw new ConflictException($"'{name}' comes with the studio, which draws it when it is needed: there is nothing to delete.");
        }

        if (!catalogue.Names().Contains(name))
        {
            throw new MissingException("probe dataset", $"'{name}'");
        }

        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var waiting = await store.Probes.CountAsync(probe => probe.Dataset == name && (probe.State == WorkState.Pending || probe.State == WorkState.Running), cancellationToken);
        if (waiting > 0)
        {
            throw new ConflictException($"{waiting} {(waiting == 1 ? "probe needs" : "probes need")} '{name}': wait for them, or delete their experiments.");
        }

        var path = Path.Combine(Folder, name);
        if (File.Exists(path))
        {
            File.Delete(path);
        }
        else
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private ProbeDatasetView View(string name)
    {
        try
        {
            var dataset = catalogue.Open(name);
            return new ProbeDatasetView(
                name, SceneProbes.Names.Contains(name), dataset.Train.ClassNames, dataset.Train.Count, dataset.Test.Count, dataset.Validation?.Count ?? 0, Problems(name), null);
        }
        catch (Exception exception) when (exception is InvalidProbeDatasetException or ShardException or IOException)
        {
            return new ProbeDatasetView(name, false, [], 0, 0, 0, null, exception.Message.Replace(Folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal));
        }
    }

    private ProbeDatasetProblems? Problems(string name)
    {
        var path = Path.Combine(Folder, name, ProblemFile);
        return File.Exists(path) ? JsonSerializer.Deserialize<ProbeDatasetProblems>(File.ReadAllText(path), StudioJson.Options) : null;
    }

    private ProbeDatasetView Keep(string name, string archive, string unpacked, CancellationToken cancellationToken)
    {
        disk.Require(UnpackedBytes(archive));
        var dataset = ProbeDatasets.OpenZip(archive, unpacked, cancellation: cancellationToken);
        var folder = Directory.GetDirectories(unpacked).Single();
        var problems = Check(dataset, cancellationToken);
        if (problems.Broken == problems.Checked)
        {
            throw new InvalidProbeDatasetException($"None of the {problems.Checked} pictures that were looked at can be read; the first: {problems.Examples[0]}");
        }

        File.WriteAllText(Path.Combine(folder, ProblemFile), JsonSerializer.Serialize(problems, StudioJson.Options));
        RefuseTaken(name);
        Directory.Move(folder, Path.Combine(Folder, name));
        return View(name);
    }

    private static ProbeDatasetProblems Check(ProbeDataset dataset, CancellationToken cancellationToken)
    {
        var images = new[] { ("train", dataset.Train), ("test", dataset.Test) }
            .SelectMany(split => Enumerable.Range(0, split.Item2.Count).Select(index => (split.Item1, split.Item2, index))).ToList();
        var every = Math.Max(1, images.Count / MostChecked);
        var problems = new List<string>();
        var (broken, count) = (0, 0);
        for (var number = 0; number < images.Count; number += every)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (split, source, index) = images[number];
            count++;
            try
            {
                source.Read(index);
            }
            catch (InvalidImageException exception)
            {
                broken++;
                if (problems.Count < MostProblems)
                {
                    problems.Add($"{split}/{source.Get(index).Name}: {exception.Message}");
                }
            }
        }

        return new ProbeDatasetProblems(count, broken, problems);
    }

    /// <summary>What an archive says that it unpacks to, and no more than it may; 0 for what is no archive, which is told when it is opened.</summary>
    private static long UnpackedBytes(string archive)
    {
        try
        {
            using var zip = ZipFile.OpenRead(archive);
            return Math.Min(zip.Entries.Sum(entry => entry.Length), new ArchiveLimits().BytesFor(new FileInfo(archive).Length));
        }
        catch (InvalidDataException)
        {
            return 0;
        }
    }

    private async Task ReceiveAsync(Stream content, string path, CancellationToken cancellationToken)
    {
        disk.Require(content.CanSeek ? content.Length - content.Position : 0);
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, useAsync: true);
        var watch = new DiskWatch(disk);
        var buffer = new byte[1 << 16];
        int count;
        while ((count = await content.ReadAsync(buffer, cancellationToken)) > 0)
        {
            watch.Count(count);
            await file.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            if (file.Length > MaxBytes)
            {
                throw new InputException("file", $"The file has more than the {MaxBytes >> 30} GiB that are taken: put it under probe-datasets of the data folder by hand.");
            }
        }
    }

    private void RefuseTaken(string name)
    {
        if (catalogue.Names().Contains(name))
        {
            throw new ConflictException($"There is a probe dataset '{name}' already: choose another name, or delete it first.");
        }
    }

    /// <summary>Indices of images of as many classes as there can be.</summary>
    private static IEnumerable<int> Spread(ILabelledImages images, int count)
    {
        // Labels are sorted in folders and alternate in drawn scenes: even steps meet many classes in both, and the first of each class is kept.
        var step = Math.Max(1, images.Count / (count * 4));
        return Enumerable.Range(0, images.Count).Where(index => index % step == 0).GroupBy(index => images.Get(index).Label)
            .SelectMany(group => group.Select((index, turn) => (index, turn))).OrderBy(pair => pair.turn).Select(pair => pair.index).Take(count);
    }

    private static PixelImage Small(PixelImage image)
    {
        var scale = (double)SampleSide / Math.Max(image.Width, image.Height);
        return scale >= 1 ? image : ImageResizer.Resize(image, Math.Max(1, (int)(image.Width * scale)), Math.Max(1, (int)(image.Height * scale)));
    }

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._-]{0,99}\z")]
    private static partial Regex NamePattern();
}

/// <summary>A probe dataset, as people see it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsBuiltIn">Whether the studio draws it itself.</param>
/// <param name="Classes">The classes' names.</param>
/// <param name="TrainCount">Images of the train split.</param>
/// <param name="TestCount">Images of the test split.</param>
/// <param name="ValidationCount">Images of the validation split, 0 where there is none.</param>
/// <param name="Problems">What was found when it was added, or null when it was not looked through.</param>
/// <param name="Failure">Why it cannot be opened, or null.</param>
public sealed record ProbeDatasetView(
    string Name, bool IsBuiltIn, IReadOnlyList<string> Classes, int TrainCount, int TestCount, int ValidationCount, ProbeDatasetProblems? Problems, string? Failure);

/// <summary>What looking through a dataset has found.</summary>
/// <param name="Checked">The images that were decoded.</param>
/// <param name="Broken">Those that could not be.</param>
/// <param name="Examples">Up to 100 of them, with the reason. Probes leave them out.</param>
public sealed record ProbeDatasetProblems(int Checked, int Broken, IReadOnlyList<string> Examples);

/// <summary>One picture of a dataset.</summary>
/// <param name="Class">Its class.</param>
/// <param name="Png">The picture, at most 96 pixels wide and high.</param>
public sealed record ProbeSample(string Class, byte[] Png);
