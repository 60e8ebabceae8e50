using StableRep.Engine.Diffusion;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Diffusion;

public sealed class ImageNoiseTests
{
    // The known answers of the authors' own test suite.
    [Theory]
    [InlineData(0UL, 0u, 0u, 0u, 0u, 0x6627E8D5u, 0xE169C58Du, 0xBC57AC4Cu, 0x9B00DBD8u)]
    [InlineData(ulong.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, 0x408F276Du, 0x41C83B0Eu, 0xA20BC7C6u, 0x6D5451FDu)]
    [InlineData(0x299F31D0A4093822UL, 0x243F6A88u, 0x85A308D3u, 0x13198A2Eu, 0x03707344u, 0xD16CFE09u, 0x94FDCCEBu, 0x5001E420u, 0x24126EA1u)]
    public void Philox_gives_the_published_words(ulong key, uint a, uint b, uint c, uint d, uint w, uint x, uint y, uint z) =>
        Assert.Equal((w, x, y, z), Philox.Words(key, a, b, c, d));

    [Fact]
    public void Noise_is_standard_normal()
    {
        var values = new float[1_000_000];
        ImageNoise.Fill(values, seed: 3, caption: 1, image: 2, step: 0);
        var mean = values.Average(x => (double)x);
        var moments = (double[])[.. Enumerable.Range(1, 4).Select(n => values.Average(x => Math.Pow(x, n)))];
        Assert.Equal(0, mean, 0.005);
        Assert.Equal(1, moments[1], 0.01);
        Assert.Equal(0, moments[2], 0.02);
        Assert.Equal(3, moments[3], 0.05);
        Assert.Equal(0.6827, values.Count(x => Math.Abs(x) < 1) / 1e6, 0.005);
        Assert.Equal(0, values.Zip(values.Skip(1), (x, y) => (double)x * y).Average(), 0.005);
    }

    [Fact]
    public void Each_of_seed_caption_image_and_step_has_noise_of_its_own()
    {
        (long Seed, int Caption, int Image, int Step)[] keys =
            [(1, 0, 0, 0), (2, 0, 0, 0), (-1, 0, 0, 0), (1, 1, 0, 0), (1, 0, 1, 0), (1, 0, 0, 1), (1L << 40, 0, 0, 0), (1, int.MaxValue, 0, 0)];
        var rows = keys.Select(key =>
        {
            var row = new float[4096];
            ImageNoise.Fill(row, key.Seed, key.Caption, key.Image, key.Step);
            return row;
        }).ToArray();
        for (var i = 0; i < rows.Length; i++)
        {
            for (var j = 0; j < i; j++)
            {
                Assert.InRange(rows[i].Zip(rows[j], (x, y) => (double)x * y).Average(), -0.1, 0.1);
            }
        }
    }

    [Fact]
    public void Draw_gives_an_image_the_same_noise_in_any_batch()
    {
        using var scope = NewDisposeScope();
        (int, int)[] batch = [(5, 0), (5, 1), (7, 3)];
        var together = ImageNoise.Draw(9, batch, 4, [4, 3, 5], CPU);
        Assert.Equal([3, 4, 3, 5], together.shape);
        for (var i = 0; i < batch.Length; i++)
        {
            Assert.True(together[i].SameAs(ImageNoise.Draw(9, [batch[i]], 4, [4, 3, 5], CPU)[0]));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Fill_of_any_length_begins_as_a_longer_one_does(int length)
    {
        var (shorter, longer) = (new float[length], new float[12]);
        ImageNoise.Fill(shorter, 1, 2, 3, 4);
        ImageNoise.Fill(longer, 1, 2, 3, 4);
        Assert.Equal(longer[..length], shorter);
    }
}
