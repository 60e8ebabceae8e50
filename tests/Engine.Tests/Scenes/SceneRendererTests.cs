using StableRep.Engine.Images;
using StableRep.Engine.Scenes;

namespace StableRep.Engine.Tests.Scenes;

public sealed class SceneRendererTests
{
    [Fact]
    public void A_scene_gives_the_same_picture_from_any_thread()
    {
        var scenes = Enumerable.Range(0, 64).Select(i => SceneSampler.Sample((ulong)i)).ToArray();
        var alone = scenes.Select(scene => SceneRenderer.Render(scene, 64).Rgb).ToArray();
        var together = new byte[scenes.Length][];
        Parallel.For(0, scenes.Length, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i => together[i] = SceneRenderer.Render(scenes[i], 64).Rgb);
        Assert.Equal(alone, together);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(33)]
    [InlineData(64)]
    [InlineData(256)]
    public void Any_size_shows_the_same_scene(int size)
    {
        var scene = SceneSampler.Sample(4);
        var image = SceneRenderer.Render(scene, size);
        Assert.Equal((size, size), (image.Width, image.Height));
        var (small, large) = (ImageResizer.Resize(SceneRenderer.Render(scene, 256), 8, 8, Interpolation.Bilinear), ImageResizer.Resize(image, 8, 8, Interpolation.Bilinear));
        Assert.True(MeanDifference(small, large) < 8, $"{MeanDifference(small, large)} grey levels");
    }

    [Fact]
    public void Each_class_in_each_colour_shows_that_colour_and_no_two_classes_look_alike()
    {
        var silhouettes = new Dictionary<ObjectClass, bool[]>();
        foreach (var of in Enum.GetValues<ObjectClass>())
        {
            foreach (var colour in Enum.GetValues<ObjectColour>())
            {
                var (scene, image, background) = OnGrey(of, colour);
                var drawn = Enumerable.Range(0, 64 * 64).Where(i => !background.Rgb.AsSpan(i * 3, 3).SequenceEqual(image.Rgb.AsSpan(i * 3, 3))).ToArray();
                Assert.True(drawn.Length > 300, $"{of} covers {drawn.Length} of 4096 pixels");
                var own = drawn.Count(i => new SceneColour(image.Rgb[i * 3], image.Rgb[i * 3 + 1], image.Rgb[i * 3 + 2]).DistanceTo(scene.Main.Shade) < 40);
                Assert.True(own > 0.3 * drawn.Length, $"{colour} {of}: {own} of {drawn.Length} drawn pixels have the colour");
                if (colour == ObjectColour.Red) silhouettes[of] = [.. Enumerable.Range(0, 64 * 64).Select(i => Array.BinarySearch(drawn, i) >= 0)];
            }
        }

        foreach (var (a, b) in from a in silhouettes from b in silhouettes where a.Key < b.Key select (a, b))
        {
            var both = a.Value.Zip(b.Value).Count(pair => pair.First && pair.Second);
            var either = a.Value.Zip(b.Value).Count(pair => pair.First || pair.Second);
            Assert.True(both < 0.86 * either, $"{a.Key} and {b.Key} share {both} of {either} pixels");
        }
    }

    [Fact]
    public void Patterns_show()
    {
        foreach (var texture in new[] { ObjectTexture.Striped, ObjectTexture.Dotted })
        {
            var (_, plain, _) = OnGrey(ObjectClass.Heart, ObjectColour.Blue);
            var (_, patterned, _) = OnGrey(ObjectClass.Heart, ObjectColour.Blue, texture);
            Assert.True(MeanDifference(plain, patterned) > 4, $"{texture}: {MeanDifference(plain, patterned)} grey levels");
        }
    }

    [Fact]
    public void Blur_takes_away_contrast_between_neighbours()
    {
        var scene = SceneSampler.Sample(9) with { Light = SceneSampler.Sample(9).Light with { Blur = 0 } };
        var blurred = scene with { Light = scene.Light with { Blur = 0.015f } };
        Assert.True(Roughness(SceneRenderer.Render(blurred, 64)) < 0.8 * Roughness(SceneRenderer.Render(scene, 64)));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(2049)]
    public void A_size_out_of_range_is_refused(int size) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SceneRenderer.Render(SceneSampler.Sample(1), size));

    private static (Scene Scene, PixelImage Image, PixelImage Background) OnGrey(ObjectClass of, ObjectColour colour, ObjectTexture texture = ObjectTexture.Plain)
    {
        var said = new SceneDescription { Objects = [new ObjectDescription { Class = of, Colour = colour, Texture = texture, Size = SizeBand.Large }], Count = 1, Background = BackgroundKind.Plain };
        var scene = SceneSampler.Sample(1, said);
        var grey = new SceneColour(120, 130, 140);
        scene = scene with
        {
            Objects = [scene.Main with { X = 0.5f, Y = 0.5f, Rotation = 0, Mirrored = false, Outline = 0, Shape = new ObjectShape(0.5f, 0.5f, 0.5f, 0.5f) }],
            Background = scene.Background with { First = grey, Second = grey },
            Light = scene.Light with { Strength = 0, Shadow = ShadowKind.None, Brightness = 1, Blur = 0 },
        };
        return (scene, SceneRenderer.Render(scene, 64), SceneRenderer.Render(scene with { Objects = [scene.Main with { X = -5 }] }, 64));
    }

    private static double MeanDifference(PixelImage a, PixelImage b) => a.Rgb.Zip(b.Rgb).Average(pair => Math.Abs(pair.First - pair.Second));

    private static double Roughness(PixelImage image) => Enumerable.Range(3, image.Rgb.Length - 3).Average(i => Math.Pow(image.Rgb[i] - image.Rgb[i - 3], 2));
}
