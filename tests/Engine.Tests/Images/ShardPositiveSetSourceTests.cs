using StableRep.Engine.Images;

namespace StableRep.Engine.Tests.Images;

public sealed class ShardPositiveSetSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Images_of_one_caption_make_one_set_across_shards()
    {
        var source = new ShardPositiveSetSource([Shard("b.tar", (9, 1), (4, 0)), Shard("a.tar", (9, 0), (4, 1), (9, 2))]);
        Assert.Equal(2, source.Count);
        Assert.Equal((4, "caption 4", 2), (source.Get(0).CaptionIndex, source.Get(0).Caption, source.Get(0).ImageCount));
        Assert.Equal((9, "caption 9", 3), (source.Get(1).CaptionIndex, source.Get(1).Caption, source.Get(1).ImageCount));
        Assert.Equal([(9, 0), (9, 1), (9, 2)], Enumerable.Range(0, 3).Select(image => Identity(source.Read(1, image))));
    }

    [Fact]
    public void Excluded_images_leave_sets_ragged_and_empty_sets_out()
    {
        var shard = Shard("a.tar", (1, 0), (1, 1), (1, 2), (2, 0), (3, 0), (3, 1));
        var source = new ShardPositiveSetSource([shard], (caption, image) => (caption, image) is (1, 1) or (2, 0));
        Assert.Equal([(1, 2), (3, 2)], Enumerable.Range(0, 2).Select(set => (source.Get(set).CaptionIndex, source.Get(set).ImageCount)));
        Assert.Equal((1, 2), Identity(source.Read(0, 1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => source.Read(0, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => source.Get(2));
    }

    [Fact]
    public void Samples_of_other_tools_make_a_set_each_with_caption_and_label()
    {
        var path = _folder.File("foreign.tar");
        using (var writer = new ShardWriter(path))
        {
            writer.Add("a", ("jpg", Picture(0, 0, ImageFormat.Jpeg)), ("txt", " a dog\n"u8.ToArray()), ("cls", "3\n"u8.ToArray()));
            writer.Add("b", ("json", """{"caption": "une oie", "width": 8}"""u8.ToArray()), ("png", Picture(5, 6)));
            writer.Add("c", ("png", Picture(7, 8)), ("json", "[broken"u8.ToArray()));
            writer.Add("d", ("txt", "no picture"u8.ToArray()));
            writer.Complete();
        }

        var source = new ShardPositiveSetSource([Shard("own.tar", (10, 0)), ShardReader.Open(path)]);
        Assert.Equal(
            [(10, "caption 10", null), (11, "a dog", 3), (12, "une oie", null), (13, "", (int?)null)],
            Enumerable.Range(0, source.Count).Select(set => (source.Get(set).CaptionIndex, source.Get(set).Caption, source.Get(set).Label)));
        Assert.Equal((5, 6), Identity(source.Read(2, 0)));
    }

    [Fact]
    public void One_image_in_two_shards_is_refused() =>
        Assert.Contains("is also in", Assert.Throws<ShardException>(
            () => new ShardPositiveSetSource([Shard("a.tar", (1, 0)), Shard("b.tar", (1, 0))])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_class_that_is_no_number_is_refused()
    {
        var path = _folder.File("a.tar");
        using (var writer = new ShardWriter(path))
        {
            writer.Add("a", ("png", Picture(0, 0)), ("cls", "dog"u8.ToArray()));
            writer.Complete();
        }

        Assert.Contains("is no number: 'dog'", Assert.Throws<ShardException>(
            () => new ShardPositiveSetSource([ShardReader.Open(path)])).Message, StringComparison.Ordinal);
    }

    private ShardReader Shard(string name, params (int Caption, int Image)[] images)
    {
        using var writer = new ShardWriter(_folder.File(name));
        foreach (var (caption, image) in images)
        {
            writer.AddImage(TestPictures.Record($"caption {caption}", caption, image), ImageFormat.Png, Picture(caption, image));
        }

        return ShardReader.Open(_folder.File(name), writer.Complete());
    }

    private static byte[] Picture(int caption, int image, ImageFormat format = ImageFormat.Png) =>
        ImageCodec.Encode(new PixelImage(1, 1, [(byte)caption, (byte)image, 0]), format);

    private static (int Caption, int Image) Identity(PixelImage picture) => (picture.Rgb[0], picture.Rgb[1]);
}
