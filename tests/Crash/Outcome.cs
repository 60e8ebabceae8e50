using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Data;
using StableRep.Data.Artifacts;
using StableRep.Data.Metrics;

namespace StableRep.Crash;

/// <summary>Everything that an experiment has made, in a form that can be compared.</summary>
internal sealed record Outcome(
    IReadOnlyDictionary<(int Caption, int Image), string> Images,
    IReadOnlyDictionary<string, IReadOnlyList<(long Step, double Value)>> Curves,
    string Weights,
    IReadOnlyList<double?> Probes)
{
    // What depends on the clock: compared by its steps only.
    private static readonly string[] Timed = ["train/images-per-second", "train/loader-wait"];

    public static async Task<Outcome> ReadAsync(IServiceProvider services, Guid experimentId, CancellationToken stop)
    {
        await using var store = await services.GetRequiredService<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync(stop);
        var artifacts = services.GetRequiredService<IArtifactStore>();
        var experiment = await store.Experiments.AsNoTracking().Include(row => row.Probes).SingleAsync(row => row.Id == experimentId, stop);
        var images = new Dictionary<(int, int), string>();
        foreach (var row in await store.Images.AsNoTracking().Where(row => row.ImageSetId == experiment.ImageSetId)
            .Join(store.Shards, image => image.ShardId, shard => shard.Id, (image, shard) => new { image, shard.ArtifactKey }).ToListAsync(stop))
        {
            await using var file = await artifacts.OpenAsync(row.ArtifactKey!, row.image.Offset, row.image.Length, stop);
            images.Add((row.image.CaptionIndex, row.image.ImageIndex), Convert.ToHexStringLower(await SHA256.HashDataAsync(file, stop)));
        }

        var curves = new SortedDictionary<string, IReadOnlyList<(long, double)>>(StringComparer.Ordinal);
        foreach (var series in await store.MetricSeries.Where(row => row.ExperimentId == experimentId).Select(row => row.Name).ToListAsync(stop))
        {
            curves[series] = [.. (await services.GetRequiredService<MetricCurves>().PointsAsync(experimentId, series, stop).ToListAsync(stop))
                .Select(point => (point.Step, point.Value))];
        }

        await using var weights = await artifacts.OpenAsync($"{experiment.EncoderKey}/model.safetensors", cancellationToken: stop);
        return new Outcome(
            images, curves, Convert.ToHexStringLower(await SHA256.HashDataAsync(weights, stop)),
            [.. experiment.Probes.OrderBy(probe => probe.Kind).Select(probe => probe.Accuracy)]);
    }

    /// <summary>What differs from an undisturbed run.</summary>
    public IEnumerable<string> Differences(Outcome undisturbed)
    {
        if (Images.Count != undisturbed.Images.Count)
        {
            yield return $"{Images.Count} images instead of {undisturbed.Images.Count}.";
        }

        foreach (var (image, hash) in undisturbed.Images.Where(image => Images.GetValueOrDefault(image.Key) != image.Value))
        {
            yield return $"Image {image.Image} of caption {image.Caption} is {Images.GetValueOrDefault(image) ?? "missing"} instead of {hash}.";
        }

        foreach (var series in undisturbed.Curves.Keys.Union(Curves.Keys))
        {
            var (here, there) = (Curves.GetValueOrDefault(series) ?? [], undisturbed.Curves.GetValueOrDefault(series) ?? []);
            if (!here.Select(point => point.Step).SequenceEqual(there.Select(point => point.Step)))
            {
                var missing = there.Select(point => point.Step).Except(here.Select(point => point.Step)).ToList();
                yield return $"{series} has {here.Count} points instead of {there.Count}; missing: {string.Join(", ", missing.Take(20))}.";
            }
            else if (!Timed.Contains(series) && here.Zip(there).FirstOrDefault(pair => !pair.First.Value.Equals(pair.Second.Value)) is { First.Step: > 0 } first)
            {
                yield return $"{series} is {first.First.Value} at step {first.First.Step} instead of {first.Second.Value}.";
            }
        }

        if (Weights != undisturbed.Weights)
        {
            yield return "The encoder's weights differ.";
        }

        if (!Probes.SequenceEqual(undisturbed.Probes))
        {
            yield return $"The probes say {string.Join(", ", Probes)} instead of {string.Join(", ", undisturbed.Probes)}.";
        }
    }
}
