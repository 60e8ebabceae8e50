using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.CaptionSets;
using StableRep.Api.Experiments;
using StableRep.Api.Http;
using StableRep.Data.Experiments;
using StableRep.Data.Hosting;
using StableRep.Testing;

namespace StableRep.Api.Tests.Experiments;

public sealed class CompareServiceTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_what_differs_is_listed_and_accuracy_is_averaged_over_seeds_alone()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var wanted = studio.Wanted("one");
        var experiments = new List<Experiment>();
        foreach (var (scale, seed, temperature, accuracy) in ((double, ulong, double, double)[])
            [(2, 0, 0.1, 0.5), (2, 1, 0.1, 0.7), (4, 0, 0.1, 0.4), (4, 1, 0.1, 0.6), (4, 0, 0.5, 0.9)])
        {
            var experiment = await studio.Experiments.CreateAsync(
                wanted with { Images = wanted.Images with { GuidanceScale = scale }, Recipe = wanted.Recipe with { Seed = seed, Temperature = temperature } }, cancellationToken: Stop);
            await using var store = StudioStore.Open(studio.Database.Source);
            await store.Probes.Where(probe => probe.ExperimentId == experiment.Id).ExecuteUpdateAsync(set => set.SetProperty(probe => probe.Accuracy, accuracy), Stop);
            experiments.Add(experiment);
        }

        var compare = studio.Services.GetRequiredService<CompareService>();
        var all = await compare.CompareAsync([.. experiments.Select(row => row.Id)], Stop);
        Assert.Equal(["images.guidanceScale", "recipe.seed", "recipe.temperature"], all.Differences.Select(difference => difference.Name));
        Assert.Equal(["2", "2", "4", "4", "4"], all.Differences[0].Values);

        // The temperature is no axis: those that differ in it are not averaged, and say so.
        var lines = Assert.Single(all.Probes).Lines;
        Assert.Equal(["temperature 0.1", "temperature 0.5"], lines.Lines.Select(line => line.Name));
        Assert.Equal([(2, 0.6), (2, 0.5)], lines.Lines[0].Points.Select(point => (point.Accuracy.Count, Math.Round(point.Accuracy.Mean, 9))));
        Assert.Equal(0.9, Assert.Single(lines.Lines[1].Points).Accuracy.Mean);

        var seeds = await compare.CompareAsync([experiments[0].Id, experiments[1].Id, experiments[0].Id], Stop);
        Assert.Equal((2, "recipe.seed"), (seeds.Experiments.Count, Assert.Single(seeds.Differences).Name));
        Assert.Equal("all", Assert.Single(seeds.Probes[0].Lines.Lines).Name);
    }

    [Fact]
    public async Task Images_are_matched_by_caption_and_number_also_over_caption_sets()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var path = Path.Combine(cluster.Folder, $"{Guid.NewGuid():N}.txt");
        await File.WriteAllLinesAsync(path, ["something else", "a picture of 3 things", "a picture of 1 things"], Stop);
        var (other, _) = await studio.Services.GetRequiredService<CaptionSetService>().KeepAsync(CaptionFile.Open(path, "other.txt"), "other", "other.txt", null, null, cancellationToken: Stop);
        var wanted = studio.Wanted("one") with { Recipe = studio.Wanted("one").Recipe with { SetsPerBatch = 2 } };
        var first = await studio.Experiments.CreateAsync(wanted, cancellationToken: Stop);
        var second = await studio.Experiments.CreateAsync(wanted with { Images = wanted.Images with { CaptionSetId = other.Id } }, cancellationToken: Stop);
        await using var store = StudioStore.Open(studio.Database.Source);
        foreach (var experiment in (Experiment[])[first, second])
        {
            await store.Database.ExecuteSqlAsync(
                $"""
                INSERT INTO app.images (image_set_id, shard_id, caption_index, image_index, seed, "offset", length)
                SELECT {experiment.ImageSetId}, (SELECT id FROM app.shards WHERE image_set_id = {experiment.ImageSetId} LIMIT 1), c, 1, 0, 0, 1 FROM generate_series(0, 2) c
                """,
                Stop);
        }

        async Task<long> ImageAsync(Experiment experiment, int caption) =>
            await store.Images.Where(image => image.ImageSetId == experiment.ImageSetId && image.CaptionIndex == caption).Select(image => image.Id).SingleAsync(Stop);
        var rows = await studio.Services.GetRequiredService<CompareService>().MatrixAsync([first.Id, second.Id], 0, 4, 1, Stop);
        Assert.Equal(["a picture of 1 things", "a picture of 2 things", "a picture of 3 things", "a picture of 4 things"], rows.Select(row => row.Text));
        Assert.Equal([await ImageAsync(first, 0), await ImageAsync(second, 2)], rows[0].ImageIds);
        Assert.Equal([await ImageAsync(first, 1), null], rows[1].ImageIds);
        Assert.Equal([await ImageAsync(first, 2), await ImageAsync(second, 1)], rows[2].ImageIds);
        Assert.Equal([null, null], rows[3].ImageIds);
        Assert.All(await studio.Services.GetRequiredService<CompareService>().MatrixAsync([first.Id], 0, 4, 0, Stop), row => Assert.Equal([null], row.ImageIds));
    }

    [Fact]
    public async Task None_too_many_and_unknown_experiments_are_refused()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var compare = studio.Services.GetRequiredService<CompareService>();
        await Assert.ThrowsAsync<InputException>(() => compare.CompareAsync([], Stop));
        await Assert.ThrowsAsync<InputException>(() => compare.CompareAsync([.. Enumerable.Range(0, 201).Select(_ => Guid.NewGuid())], Stop));
        await Assert.ThrowsAsync<MissingException>(() => compare.CompareAsync([Guid.NewGuid()], Stop));
    }
}
