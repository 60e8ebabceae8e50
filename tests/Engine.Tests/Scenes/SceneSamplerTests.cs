using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using StableRep.Engine.Scenes;

namespace StableRep.Engine.Tests.Scenes;

public sealed class SceneSamplerTests
{
    private static readonly Scene[] Many = [.. Enumerable.Range(0, 20_000).Select(i => SceneSampler.Sample(SceneSeeds.Of(SceneDomain.Training, 3, i)))];

    [Fact]
    public void Scenes_of_a_seed_never_change()
    {
        var text = string.Join('\n', Enumerable.Range(0, 500).Select(i => JsonSerializer.Serialize(SceneSampler.Sample((ulong)i))));
        // A change here makes every stored caption set and dataset another one: raise SceneRules.Version with it.
        Assert.Equal("53bec17b829e2c22", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16]);
    }

    [Fact]
    public void One_object_in_four_scenes_of_five_and_never_more_than_three()
    {
        Assert.InRange(Share(scene => scene.Objects.Count == 1), 0.78, 0.82);
        Assert.InRange(Share(scene => scene.Objects.Count == 2), 0.13, 0.17);
        Assert.InRange(Share(scene => scene.Objects.Count == 3), 0.04, 0.06);
    }

    [Fact]
    public void Classes_and_colours_are_equally_likely()
    {
        foreach (var of in Enum.GetValues<ObjectClass>())
            Assert.InRange(Share(scene => scene.Main.Class == of) * SceneRules.ClassCount, 0.85, 1.15);
        foreach (var colour in Enum.GetValues<ObjectColour>())
            Assert.InRange(Share(scene => scene.Main.Colour == colour) * SceneRules.ColourCount, 0.88, 1.12);
    }

    [Fact]
    public void Textures_backgrounds_landscapes_and_shadows_all_occur()
    {
        Assert.Equal(SceneRules.TextureCount, Many.Select(scene => scene.Main.Texture).Distinct().Count());
        Assert.Equal(SceneRules.BackgroundCount, Many.Select(scene => scene.Background.Kind).Distinct().Count());
        Assert.Equal(Enum.GetValues<Landscape>().Length, Many.Select(scene => scene.Background.Landscape).OfType<Landscape>().Distinct().Count());
        Assert.Equal(Enum.GetValues<ShadowKind>().Length, Many.Select(scene => scene.Light.Shadow).Distinct().Count());
        Assert.InRange(Share(scene => scene.Light.Blur > 0), 0.3, 0.4);
    }

    [Fact]
    public void Class_says_nothing_about_colour()
    {
        // The chi-squared statistic of 18 x 10 independent cells has mean 153 and standard deviation 17.5.
        var expected = Many.Length / (double)(SceneRules.ClassCount * SceneRules.ColourCount);
        var statistic = Many.GroupBy(scene => (scene.Main.Class, scene.Main.Colour)).Sum(cell => Math.Pow(cell.Count() - expected, 2) / expected);
        Assert.InRange(statistic, 90, 260);
    }

    [Fact]
    public void The_main_object_is_clearly_the_largest_and_boxes_stay_apart()
    {
        foreach (var scene in Many.Where(scene => scene.Objects.Count > 1))
        {
            Assert.All(scene.Objects.Skip(1), other => Assert.True(scene.Main.Size > 1.3f * other.Size, $"{scene.Main.Size} and {other.Size}"));
            foreach (var (a, b) in from a in scene.Objects from b in scene.Objects where a.Class < b.Class select (a, b))
            {
                var apart = MathF.Max(MathF.Abs(a.X - b.X), MathF.Abs(a.Y - b.Y));
                Assert.True(apart > (a.Size + b.Size) / 2 - 1e-4f, $"{a} and {b} overlap");
            }
        }
    }

    [Fact]
    public void Objects_lie_in_the_picture_and_are_large_enough_to_be_seen()
    {
        foreach (var it in Many.SelectMany(scene => scene.Objects))
        {
            Assert.InRange(it.Size, 0.27f, 0.78f);
            Assert.InRange(it.X - it.Size / 2, -0.02f, 1.02f - it.Size);
            Assert.InRange(it.Y - it.Size / 2, -0.02f, 1.02f - it.Size);
        }
    }

    [Fact]
    public void Objects_stand_out_from_their_background()
    {
        var contrasts = Many.SelectMany(scene => scene.Objects.Select(it =>
            MathF.Min(it.Shade.DistanceTo(scene.Background.First), it.Shade.DistanceTo(scene.Background.Second)))).Order().ToArray();
        Assert.True(contrasts[contrasts.Length / 100] > 120, $"One in a hundred has a contrast of {contrasts[contrasts.Length / 100]} or less.");
    }

    [Fact]
    public void Whatever_is_described_holds_and_the_rest_varies()
    {
        var said = new SceneDescription
        {
            Objects = [new ObjectDescription { Class = ObjectClass.Fish, Colour = ObjectColour.Red, Size = SizeBand.Large, Place = Place.Left, FacesLeft = true, Tilted = true }],
            Count = 1,
            Landscape = Landscape.Sea,
            Shadow = true,
            Blurry = true,
        };
        var scenes = Enumerable.Range(0, 300).Select(i => SceneSampler.Sample((ulong)i, said)).ToArray();
        Assert.All(scenes, scene => Assert.True(said.IsTrueOf(scene), scene.ToString()));
        Assert.Equal(SceneRules.TextureCount, scenes.Select(scene => scene.Main.Texture).Distinct().Count());
        Assert.Equal(300, scenes.Select(scene => scene.Main.Shade).Distinct().Count() + scenes.GroupBy(scene => scene.Main.Shade).Sum(group => group.Count() - 1));
        Assert.True(scenes.Select(scene => scene.Main.Y).Distinct().Count() > 290);
    }

    [Fact]
    public void Saying_a_colour_leaves_the_other_aspects_as_they_were()
    {
        var free = SceneSampler.Sample(11);
        var blue = SceneSampler.Sample(11, new SceneDescription { Objects = [new ObjectDescription { Colour = ObjectColour.Blue }] });
        Assert.Equal((free.Main.Class, free.Main.X, free.Main.Y, free.Main.Rotation, free.Main.Shape), (blue.Main.Class, blue.Main.X, blue.Main.Y, blue.Main.Rotation, blue.Main.Shape));
        Assert.Equal(ObjectColour.Blue, blue.Main.Colour);
        Assert.Equal(free.Light, blue.Light);
    }

    [Theory]
    [MemberData(nameof(Impossible))]
    public void What_no_scene_shows_is_refused(SceneDescription said, string because) =>
        Assert.Contains(because, Assert.Throws<ArgumentException>(() => SceneSampler.Sample(1, said)).Message, StringComparison.Ordinal);

    public static TheoryData<SceneDescription, string> Impossible => new()
    {
        { new SceneDescription { Count = 4 }, "4 objects" },
        { new SceneDescription { Count = 3, Relation = Relation.Above }, "relation: Above" },
        { new SceneDescription { Objects = [new ObjectDescription { Class = ObjectClass.Key }, new ObjectDescription { Class = ObjectClass.Key }] }, "Key twice" },
        { new SceneDescription { Objects = [new ObjectDescription { Class = ObjectClass.Key, FacesLeft = true }] }, "does not look to a side" },
        { new SceneDescription { Objects = [new ObjectDescription { Class = ObjectClass.Star, Tilted = true }] }, "no upright pose" },
        { new SceneDescription { Background = BackgroundKind.Plain, Landscape = Landscape.Sea }, "shows no Sea" },
        { new SceneDescription { Count = 2, Objects = [new ObjectDescription { Place = Place.Left }] }, "alone" },
    };

    private static double Share(Func<Scene, bool> has) => Many.Count(has) / (double)Many.Length;
}
