using StableRep.Engine.Evaluation.Datasets;
using StableRep.Engine.Scenes;

namespace StableRep.Engine.Tests.Scenes;

public sealed class SceneDatasetsTests
{
    [Fact]
    public void Seeds_of_different_domains_are_never_equal_and_those_of_one_repeat()
    {
        var all = Enum.GetValues<SceneDomain>().SelectMany(domain => Enumerable.Range(0, 20_000).Select(i => (Domain: domain, Seed: SceneSeeds.Of(domain, 7, i)))).ToArray();
        Assert.All(all, pair => Assert.Equal(pair.Domain, SceneSeeds.DomainOf(pair.Seed)));
        Assert.Equal(all.Length, all.Select(pair => pair.Seed).Distinct().Count());
        Assert.Equal(SceneSeeds.Of(SceneDomain.Training, 7, 5), SceneSeeds.Of(SceneDomain.Training, 7, 5));
        Assert.NotEqual(SceneSeeds.Of(SceneDomain.Training, 7, 5), SceneSeeds.Of(SceneDomain.Training, 8, 5));
    }

    [Fact]
    public void A_stream_is_indexable_and_its_domain_is_that_of_its_seeds()
    {
        var stream = new SceneStream(2, SceneDomain.Training, 16);
        var sample = stream.Sample(123_456_789_012);
        Assert.Equal(SceneDomain.Training, SceneSeeds.DomainOf(sample.Seed));
        Assert.Equal(sample.Caption.Text, stream.Caption(123_456_789_012).Text);
        Assert.Equal(sample.Image.Rgb, stream.Sample(123_456_789_012).Image.Rgb);
        Assert.NotEqual(sample.Image.Rgb, new SceneStream(2, SceneDomain.JudgeTest, 16).Sample(123_456_789_012).Image.Rgb);
    }

    [Fact]
    public void Renders_of_a_caption_differ_and_the_caption_is_true_of_all()
    {
        var captions = SceneCaptionSet.Create(50);
        var real = new RealSceneSet(captions, imagesPerCaption: 4, size: 32);
        Assert.Equal(50, real.Count);
        for (var i = 0; i < real.Count; i++)
        {
            Assert.Equal((captions.Captions[i].Text, 4, (int?)captions.Captions[i].Class), (real.Get(i).Caption, real.Get(i).ImageCount, real.Get(i).Label));
            for (var k = 0; k < 4; k++)
            {
                Assert.True(captions.Captions[i].Says.IsTrueOf(real.Scene(i, k)), captions.Captions[i].Text);
                Assert.Equal(real.Read(i, k).Rgb, new RealSceneSet(captions, size: 32, imagesPerCaption: 8).Read(i, k).Rgb);
            }

            Assert.Equal(4, Enumerable.Range(0, 4).Select(k => Convert.ToHexString(real.Read(i, k).Rgb)).Distinct().Count());
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => real.Read(0, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => real.Get(50));
    }

    [Theory]
    [InlineData(SceneAttribute.Object, 18)]
    [InlineData(SceneAttribute.Texture, 3)]
    [InlineData(SceneAttribute.Colour, 10)]
    public void Labels_are_balanced_and_true(SceneAttribute attribute, int classes)
    {
        var images = new LabelledScenes(attribute, SceneDomain.ProbeTrain, classes * 20);
        Assert.Equal(classes, images.ClassNames.Count);
        var labels = Enumerable.Range(0, images.Count).Select(i => images.Get(i).Label).ToArray();
        Assert.All(labels.CountBy(label => label), pair => Assert.Equal(20, pair.Value));
        for (var i = 0; i < images.Count; i++)
        {
            var main = images.Scene(i).Main;
            Assert.Equal(labels[i], attribute switch { SceneAttribute.Object => (int)main.Class, SceneAttribute.Texture => (int)main.Texture, _ => (int)main.Colour });
        }
    }

    [Fact]
    public void An_exported_dataset_opens_as_the_same_pictures_and_labels()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"scenes-{Guid.NewGuid():N}");
        try
        {
            var dataset = SceneProbes.Create(SceneAttribute.Texture, trainCount: 12, testCount: 6, size: 16);
            SceneProbes.Export(dataset, Path.Combine(folder, dataset.Name), TestContext.Current.CancellationToken);
            var opened = ProbeDatasets.OpenFolder(Path.Combine(folder, dataset.Name));
            Assert.Equal((12, 6, "scenes-textures"), (opened.Train.Count, opened.Test.Count, opened.Name));
            var original = Enumerable.Range(0, 12).ToDictionary(i => dataset.Train.Get(i).Name);
            for (var i = 0; i < 12; i++)
            {
                var name = opened.Train.Get(i).Name;
                Assert.Equal(dataset.Train.Read(original[name]).Rgb, opened.Train.Read(i).Rgb);
                Assert.Equal(dataset.Train.ClassNames[dataset.Train.Get(original[name]).Label], opened.Train.ClassNames[opened.Train.Get(i).Label]);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Datasets_are_found_by_name() =>
        Assert.Equal([.. SceneProbes.Names, null], [.. SceneProbes.Names.Select(name => SceneProbes.Find(name)?.Name), SceneProbes.Find("scenes-smells")?.Name]);
}
