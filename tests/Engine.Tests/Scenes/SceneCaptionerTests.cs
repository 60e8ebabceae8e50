using System.Security.Cryptography;
using System.Text;
using StableRep.Engine.Scenes;

namespace StableRep.Engine.Tests.Scenes;

public sealed class SceneCaptionerTests
{
    private static readonly (Scene Scene, SceneCaption Caption)[] Many = [.. Enumerable.Range(0, 20_000).Select(i =>
    {
        var seed = SceneSeeds.Of(SceneDomain.Training, 5, i);
        var scene = SceneSampler.Sample(seed);
        return (scene, SceneCaptioner.Caption(scene, seed));
    })];

    [Fact]
    public void Captions_of_a_seed_never_change()
    {
        var text = string.Join('\n', Many.Take(2000).Select(pair => pair.Caption.Text));
        Assert.Equal("63f2fdb66188f001", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16]);
    }

    [Fact]
    public void What_a_caption_says_is_true_of_its_scene_and_of_scenes_drawn_from_it()
    {
        for (var i = 0; i < Many.Length; i++)
        {
            var (scene, caption) = Many[i];
            Assert.True(caption.Says.IsTrueOf(scene), caption.Text);
            Assert.True(caption.Says.IsTrueOf(SceneSampler.Sample((ulong)i, caption.Says)), caption.Text);
        }
    }

    // The words are listed here a second time, so that a wrong entry in the vocabulary is seen.
    [Fact]
    public void Words_of_colour_pattern_size_place_and_background_appear_only_where_they_are_true()
    {
        foreach (var (scene, caption) in Many.Where(pair => pair.Scene.Objects.Count == 1))
        {
            var main = scene.Main;
            Only(main.Colour == ObjectColour.Red, " red", " crimson");
            Only(main.Colour == ObjectColour.Orange, " orange");
            Only(main.Colour == ObjectColour.Yellow, " yellow");
            Only(main.Colour == ObjectColour.Green, " green");
            Only(main.Colour == ObjectColour.Blue, " blue", " azure");
            Only(main.Colour == ObjectColour.Purple, " purple", " violet");
            Only(main.Colour == ObjectColour.Pink, " pink");
            Only(main.Colour == ObjectColour.Brown, " brown");
            Only(main.Colour == ObjectColour.White, " white");
            Only(main.Colour == ObjectColour.Black, " black");
            Only(main.Texture == ObjectTexture.Striped, "strip");
            Only(main.Texture == ObjectTexture.Dotted, "dot", "spot");
            Only(main.Size <= SceneRules.SmallSize, " small", " little", " tiny");
            Only(main.Size >= SceneRules.LargeSize, " big", " large", " huge");
            Only(main.X < 0.42f || (main.Mirrored && SceneRules.HasFacing(main.Class)), " left");
            Only(main.X > 0.58f || (!main.Mirrored && SceneRules.HasFacing(main.Class)), " right");
            Only(main.Y < 0.42f, " top", " upper");
            Only(main.Y > 0.58f, " bottom", " lower");
            Only(scene.Light.Shadow != ShadowKind.None, "shadow");
            Only(scene.Light.Blur >= SceneRules.BlurrySigma, "blurr", "out of focus");
            Only(scene.Background.Kind == BackgroundKind.Landscape, "meadow", "field", "grass", "desert", "sand", "sea", "ocean", "in the snow", "snowy", "winter", "night", "stars", "evening", "sunset", "outdoors", "open air", "landscape");
            Only(scene.Background.Kind == BackgroundKind.Plain, "plain background", "simple", "plain wall");
            Only(scene.Background.Kind == BackgroundKind.Gradient, "gradient");
            Only(scene.Background.Kind == BackgroundKind.Noise, "mottled", "blotchy", "marbled");
            Only(main.IsTilted, "tilted", "crooked", "leaning");
            void Only(bool holds, params string[] words)
            {
                if (!holds) Assert.DoesNotContain(words, word => $" {caption.Text}".Contains(word, StringComparison.OrdinalIgnoreCase));
            }
        }
    }

    [Fact]
    public void Every_class_colour_and_pattern_is_spoken_of_and_each_is_often_left_out()
    {
        Assert.Equal(SceneRules.ClassCount, Many.Select(pair => pair.Caption.Class).Distinct().Count());
        Assert.Equal(SceneRules.ColourCount + 1, Many.Select(pair => pair.Caption.Colour).Distinct().Count());
        Assert.Equal(SceneRules.TextureCount + 1, Many.Select(pair => pair.Caption.Texture).Distinct().Count());
        Assert.InRange(Many.Count(pair => pair.Caption.Colour is null) / (double)Many.Length, 0.2, 0.3);
        Assert.InRange(Many.Count(pair => pair.Caption.Texture is null) / (double)Many.Length, 0.5, 0.7);
        Assert.InRange(Many.Count(pair => pair.Caption.Says.Background is null) / (double)Many.Length, 0.45, 0.55);
        Assert.DoesNotContain(Many, pair => pair.Caption.Class is null);
    }

    [Fact]
    public void One_description_has_many_wordings_in_correct_English()
    {
        var says = new SceneDescription { Objects = [new ObjectDescription { Class = ObjectClass.Umbrella, Colour = ObjectColour.Orange, Size = SizeBand.Large }], Count = 1, Landscape = Landscape.Snow };
        var wordings = Enumerable.Range(0, 300).Select(i => SceneCaptioner.Phrase(says, (ulong)i)).Distinct().ToArray();
        Assert.True(wordings.Length > 60, $"{wordings.Length} wordings");
        foreach (var (_, caption) in Many)
        {
            Assert.DoesNotMatch(@"(?i)\ba [aeiou]|\ban [^aeiou]|  | ,| \.|^\s|\s$", caption.Text);
            Assert.Equal(char.IsUpper(caption.Text[0]), caption.Text.EndsWith('.'));
        }
    }

    [Fact]
    public void Phrase_without_a_class_is_refused() =>
        Assert.Throws<ArgumentException>(() => SceneCaptioner.Phrase(new SceneDescription { Objects = [new ObjectDescription { Colour = ObjectColour.Red }] }, 1));

    [Fact]
    public void A_caption_set_has_different_captions_and_begins_like_every_larger_one()
    {
        var (small, large) = (SceneCaptionSet.Create(200), SceneCaptionSet.Create(500));
        Assert.Equal(small.Captions.Select(caption => caption.Text), large.Captions.Take(200).Select(caption => caption.Text));
        Assert.Equal(500, large.Captions.Select(caption => caption.Text.TrimEnd('.')).Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.NotEqual(small.Captions[0].Text, SceneCaptionSet.Create(1, seed: 1).Captions[0].Text);
    }
}
