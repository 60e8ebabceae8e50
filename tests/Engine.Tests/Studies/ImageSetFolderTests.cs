using StableRep.Engine.Diffusion;
using StableRep.Engine.Studies;

namespace StableRep.Engine.Tests.Studies;

public sealed class ImageSetFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeGenerator _fake = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_stopped_generation_goes_on_where_its_last_whole_shard_ended()
    {
        // 100 captions of 4 images: 64 captions in the first shard, 36 in the second.
        var set = new ImageSetFolder(_folder.Path, Recipe(100));
        _fake.BreakAfter = 300;
        Assert.Throws<IOException>(() => set.Make(_fake.Generator.Generate));
        Assert.Equal(["shard-000000.tar"], Directory.GetFiles(set.Folder).Select(Path.GetFileName));
        Assert.Equal(144, set.Missing);

        _fake.BreakAfter = int.MaxValue;
        var source = set.Make(_fake.Generator.Generate);
        Assert.Equal(300 + 144, _fake.Made);
        Assert.Equal((100, 4, "caption 99"), (source.Count, source.Get(99).ImageCount, source.Get(99).Caption));
        Assert.Equal(unchecked((byte)(99 * 37)), source.Read(99, 3).Rgb[0]);
    }

    [Fact]
    public void A_complete_set_is_not_made_again()
    {
        var set = new ImageSetFolder(_folder.Path, Recipe(3));
        set.Make(_fake.Generator.Generate);
        new ImageSetFolder(_folder.Path, Recipe(3)).Make((_, _, _) => throw new InvalidOperationException("nothing is missing"));
        Assert.Equal(12, _fake.Made);
    }

    [Fact]
    public void The_key_holds_what_decides_the_pixels_and_nothing_else()
    {
        var recipe = Recipe(3);
        Assert.Equal(recipe.Key(), (recipe with { Settings = recipe.Settings with { BatchSize = 3, DecodedPixels = 99 } }).Key());
        ImageSetRecipe[] others =
        [
            recipe with { GeneratorHash = "other" },
            recipe with { ImagesPerPrompt = 5 },
            recipe with { Captions = ["caption 0", "caption 1", "caption two"] },
            recipe with { Settings = recipe.Settings with { GuidanceScale = 2.5 } },
            recipe with { Settings = recipe.Settings with { Seed = 1 } },
            recipe with { Settings = recipe.Settings with { NegativePrompt = "fog" } },
        ];
        Assert.Equal(others.Length + 1, others.Append(recipe).Select(other => other.Key()).Distinct().Count());
    }

    [Fact]
    public void A_labelled_source_keeps_the_captions_that_have_a_label()
    {
        var source = new LabelledSets(new FirstImages(new ImageSetFolder(_folder.Path, Recipe(4)).Make(_fake.Generator.Generate), 2), [1, null, null, 0]);
        Assert.Equal([(0, 1, 2), (3, 0, 2)], Enumerable.Range(0, source.Count).Select(source.Get).Select(set => (set.CaptionIndex, set.Label!.Value, set.ImageCount)));
        Assert.Equal((byte)(3 * 37), source.Read(1, 1).Rgb[0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => source.Read(1, 2));
    }

    private static ImageSetRecipe Recipe(int captions) => new()
    {
        Captions = [.. Enumerable.Range(0, captions).Select(index => $"caption {index}")],
        ImagesPerPrompt = 4,
        Settings = new GenerationSettings { GuidanceScale = 2 },
        GeneratorHash = "fake",
    };
}
