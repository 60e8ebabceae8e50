using StableRep.Engine.Images;

namespace StableRep.Engine.Tests.Images;

public sealed class ImageCodecTests
{
    [Theory]
    [InlineData(ImageFormat.Png)]
    [InlineData(ImageFormat.Webp)]
    public void A_lossless_file_gives_every_pixel_back(ImageFormat format)
    {
        var picture = TestPictures.Gradient(37, 23);
        var file = ImageCodec.Encode(picture, format, quality: 100, TestPictures.Record());
        var back = ImageCodec.Decode(file);
        Assert.Equal((37, 23), (back.Width, back.Height));
        Assert.Equal(picture.Rgb, back.Rgb);
        Assert.Equal(format, ImageFormats.Detect(file));
        Assert.Equal(file, ImageCodec.Encode(picture, format, quality: 100, TestPictures.Record()));
    }

    [Theory]
    [InlineData(ImageFormat.Jpeg, 92, 6)]
    [InlineData(ImageFormat.Jpeg, 60, 40)]
    [InlineData(ImageFormat.Webp, 90, 40)]
    public void A_lossy_file_stays_near(ImageFormat format, int quality, int tolerance)
    {
        var picture = TestPictures.Gradient(64, 48);
        var back = ImageCodec.Decode(ImageCodec.Encode(picture, format, quality));
        Assert.InRange(Distance(picture, back), 0, tolerance);
    }

    public static TheoryData<ImageFormat, int, string> Captions()
    {
        var data = new TheoryData<ImageFormat, int, string>();
        foreach (var format in Enum.GetValues<ImageFormat>())
        {
            foreach (var quality in new[] { 80, 100 })
            {
                foreach (var caption in new[]
                {
                    "", "a cat", "二羽の赤い鳥", "птица на ветке", "طائر أحمر", "e\u0301 👩‍👩‍👧 🏳️‍🌈", "<a> & 'b' \"c\" ]]>", "tab\tline\r\nbell\u0007\0end\uFFFE", "  spaces  ",
                })
                {
                    data.Add(format, quality, caption);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Captions))]
    public void The_record_survives_in_every_format_and_language(ImageFormat format, int quality, string caption)
    {
        var record = TestPictures.Record(caption);
        var file = ImageCodec.Encode(TestPictures.Gradient(9, 5), format, quality, record);
        Assert.Equal(record, ImageCodec.ReadRecord(file));
        Assert.Equal(9, ImageCodec.Decode(file).Width);
    }

    [Theory]
    [InlineData(ImageFormat.Png)]
    [InlineData(ImageFormat.Jpeg)]
    [InlineData(ImageFormat.Webp)]
    public void A_file_without_a_record_gives_none(ImageFormat format) =>
        Assert.Null(ImageCodec.ReadRecord(ImageCodec.Encode(TestPictures.Gradient(8, 8), format)));

    [Fact]
    public void A_foreign_or_broken_packet_gives_no_record()
    {
        var png = ImageCodec.Encode(TestPictures.Gradient(8, 8), ImageFormat.Png);
        Assert.Null(ImageCodec.ReadRecord(PngMetadata.Insert(png, "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"u8)));
        Assert.Null(ImageCodec.ReadRecord(PngMetadata.Insert(png, "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"u8)));
        Assert.Null(ImageCodec.ReadRecord(PngMetadata.Insert(png, "no xml at all <<<"u8)));
        Assert.Null(ImageCodec.ReadRecord("not a picture"u8));
        Assert.Null(ImageCodec.ReadRecord([]));
    }

    [Theory]
    [InlineData(ImageFormat.Png)]
    [InlineData(ImageFormat.Jpeg)]
    [InlineData(ImageFormat.Webp)]
    public void Reading_a_record_from_any_cut_of_a_file_never_fails(ImageFormat format)
    {
        var file = ImageCodec.Encode(TestPictures.Gradient(8, 8), format, 80, TestPictures.Record());
        for (var length = 0; length < file.Length; length++)
        {
            _ = ImageCodec.ReadRecord(file.AsSpan(0, length));
        }
    }

    [Fact]
    public void A_record_too_long_for_jpeg_is_refused_and_fits_in_png()
    {
        var record = TestPictures.Record(new string('x', 70_000));
        Assert.Contains("shorten the caption", Assert.Throws<ArgumentException>(
            () => ImageCodec.Encode(TestPictures.Gradient(4, 4), ImageFormat.Jpeg, 90, record)).Message, StringComparison.Ordinal);
        Assert.Equal(record, ImageCodec.ReadRecord(ImageCodec.Encode(TestPictures.Gradient(4, 4), ImageFormat.Png, 90, record)));
    }

    [Fact]
    public void A_jpeg_with_a_record_keeps_its_jfif_segment_first()
    {
        var file = ImageCodec.Encode(TestPictures.Gradient(8, 8), ImageFormat.Jpeg, 90, TestPictures.Record());
        Assert.Equal([0xff, 0xd8, 0xff, 0xe0], file[..4]);
        Assert.Equal("JFIF", System.Text.Encoding.ASCII.GetString(file, 6, 4));
    }

    [Fact]
    public void A_webp_with_a_record_is_a_well_formed_extended_file()
    {
        var file = ImageCodec.Encode(TestPictures.Gradient(33, 17), ImageFormat.Webp, 80, TestPictures.Record());
        Assert.Equal(file.Length - 8, BitConverter.ToInt32(file, 4));
        Assert.Equal("VP8X", System.Text.Encoding.ASCII.GetString(file, 12, 4));
        Assert.Equal([0x04, 0, 0, 0, 32, 0, 0, 16, 0, 0], file[20..30]);
        var names = new List<string>();
        for (var at = 12; at < file.Length; at += 8 + (BitConverter.ToInt32(file, at + 4) + 1 & ~1))
        {
            names.Add(System.Text.Encoding.ASCII.GetString(file, at, 4));
        }

        Assert.Equal(["VP8X", "VP8 ", "XMP "], names);
    }

    [Fact]
    public void Grey_palette_and_16_bit_pictures_become_rgb()
    {
        Assert.Equal([10, 10, 10, 200, 200, 200], ImageCodec.Decode(TestPictures.Png(2, 1, 8, 0, [10, 200])).Rgb);
        Assert.Equal([1, 2, 3, 250, 251, 252], ImageCodec.Decode(TestPictures.Png(2, 1, 8, 3, [1, 0], [250, 251, 252, 1, 2, 3])).Rgb);
        Assert.Equal([128, 0, 255], ImageCodec.Decode(TestPictures.Png(1, 1, 16, 2, [128, 128, 0, 0, 255, 255])).Rgb);
        Assert.Equal([200, 200, 200], ImageCodec.Decode(TestPictures.Png(1, 1, 16, 0, [200, 200])).Rgb);
    }

    [Fact]
    public void Transparency_is_laid_on_white() =>
        Assert.Equal(
            [255, 255, 255, 10, 20, 30, 178, 127, 127],
            ImageCodec.Decode(TestPictures.Png(3, 1, 8, 6, [9, 9, 9, 0, 10, 20, 30, 255, 102, 0, 0, 128])).Rgb);

    [Theory]
    [InlineData(0, 0, 0, 0, 255, 255, 255)]
    [InlineData(0, 255, 255, 0, 255, 0, 0)]
    [InlineData(0, 0, 0, 255, 0, 0, 0)]
    [InlineData(128, 0, 0, 0, 127, 255, 255)]
    public void Cmyk_becomes_rgb(byte c, byte m, byte y, byte k, int red, int green, int blue)
    {
        var rgb = ImageCodec.Decode(TestPictures.CmykJpeg(c, m, y, k)).Rgb;
        Assert.Equal(192, rgb.Length);
        Assert.InRange(rgb[0], red - 3, red + 3);
        Assert.InRange(rgb[1], green - 3, green + 3);
        Assert.InRange(rgb[2], blue - 3, blue + 3);
    }

    [Theory]
    [InlineData(1, 48, 32, "00")]
    [InlineData(2, 48, 32, "10")]
    [InlineData(3, 48, 32, "11")]
    [InlineData(4, 48, 32, "01")]
    [InlineData(5, 32, 48, "00")]
    [InlineData(6, 32, 48, "01")]
    [InlineData(7, 32, 48, "11")]
    [InlineData(8, 32, 48, "10")]
    public void Exif_orientation_is_applied(byte orientation, int width, int height, string storedCorner)
    {
        // Red grows along the stored columns, green along the stored rows: the shown corner tells which stored corner it was.
        var stored = ImageCodec.Encode(TestPictures.Gradient(48, 32), ImageFormat.Jpeg, 100);
        var file = TestPictures.WithOrientation(stored, orientation);
        var shown = ImageCodec.Decode(file);
        Assert.Equal((width, height), (shown.Width, shown.Height));
        Assert.Equal((width, height), ImageCodec.ReadSize(file));
        Assert.Equal(storedCorner, $"{(shown.Rgb[0] > 128 ? 1 : 0)}{(shown.Rgb[1] > 128 ? 1 : 0)}");
    }

    [Fact]
    public void A_header_that_announces_too_many_pixels_is_refused_before_allocating()
    {
        var bomb = TestPictures.PngWithData(60_000, 60_000, 8, 2, []);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<InvalidImageException>(() => ImageCodec.Decode(bomb));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Equal(InvalidImageReason.TooLarge, error.Reason);
        Assert.Contains("60000 x 60000", error.Message, StringComparison.Ordinal);
        Assert.Equal(InvalidImageReason.TooLarge, Assert.Throws<InvalidImageException>(
            () => ImageCodec.Decode(ImageCodec.Encode(TestPictures.Gradient(11, 10), ImageFormat.Webp), maxPixels: 109)).Reason);
        Assert.Equal(11, ImageCodec.Decode(ImageCodec.Encode(TestPictures.Gradient(11, 10), ImageFormat.Webp), maxPixels: 110).Width);
    }

    [Theory]
    [InlineData(ImageFormat.Png)]
    [InlineData(ImageFormat.Jpeg)]
    [InlineData(ImageFormat.Webp)]
    public void A_cut_file_is_refused_with_a_reason(ImageFormat format)
    {
        var file = ImageCodec.Encode(TestPictures.Gradient(200, 150), format);
        foreach (var share in new[] { 0.0, 0.01, 0.3, 0.6, 0.9 })
        {
            var cut = file[..(int)(file.Length * share)];
            var reason = Assert.Throws<InvalidImageException>(() => ImageCodec.Decode(cut)).Reason;
            Assert.NotEqual(InvalidImageReason.TooLarge, reason);
        }
    }

    [Fact]
    public void Flipped_bytes_give_a_picture_or_a_reason_and_never_a_crash()
    {
        var random = new Random(5);
        foreach (var format in Enum.GetValues<ImageFormat>())
        {
            var file = ImageCodec.Encode(TestPictures.Gradient(40, 30), format, 80, TestPictures.Record());
            for (var round = 0; round < 300; round++)
            {
                var damaged = file.ToArray();
                for (var flips = random.Next(1, 8); flips > 0; flips--)
                {
                    damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                }

                try
                {
                    _ = ImageCodec.ReadRecord(damaged);
                    _ = ImageCodec.Decode(damaged, maxPixels: 1 << 20);
                }
                catch (InvalidImageException exception)
                {
                    Assert.NotEmpty(exception.Message);
                }
            }
        }
    }

    [Fact]
    public void What_is_no_picture_is_refused()
    {
        foreach (var file in new[] { [], "<svg/>"u8.ToArray(), new byte[1000], [0x89, 0x50, 0x4e, 0x47] })
        {
            Assert.Equal(InvalidImageReason.NotAnImage, Assert.Throws<InvalidImageException>(() => ImageCodec.Decode(file)).Reason);
        }
    }

    [Fact]
    public void A_size_beyond_the_format_is_refused() =>
        Assert.Contains("16,383", Assert.Throws<ArgumentException>(
            () => ImageCodec.Encode(TestPictures.Gradient(16_384, 1), ImageFormat.Webp)).Message, StringComparison.Ordinal);

    [Fact]
    public void Decoding_is_safe_from_many_threads()
    {
        var picture = TestPictures.Gradient(64, 64);
        var file = ImageCodec.Encode(picture, ImageFormat.Png);
        Parallel.For(0, 200, _ => Assert.Equal(picture.Rgb, ImageCodec.Decode(file).Rgb));
    }

    private static int Distance(PixelImage first, PixelImage second) => first.Rgb.Zip(second.Rgb, (a, b) => Math.Abs(a - b)).Max();
}
