using StableRep.Engine.Evaluation;
using StableRep.Engine.Images;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Evaluation;

public sealed class NearDuplicatesTests
{
    [Fact]
    public void Rows_of_one_direction_are_pairs_whatever_their_length()
    {
        var features = tensor(new float[] { 1, 0, 0, 1, 5, 0.01f, -1, 0, 0, 3 }).reshape(5, 2);
        var pairs = NearDuplicates.ByEmbedding(features, threshold: 0.99);
        Assert.Equal([(0, 2), (1, 4)], pairs.Select(pair => (pair.First, pair.Second)));
        Assert.InRange(pairs[0].Similarity, 0.999, 1);
    }

    [Fact]
    public void A_collapsed_encoder_stops_at_the_limit() =>
        Assert.Equal(10, NearDuplicates.ByEmbedding(ones(50, 4), threshold: 0.9, limit: 10).Count);

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(11)]
    public void Hashes_are_paired_exactly_as_by_comparing_all(int maxDistance)
    {
        var random = new Random(3);
        var hashes = new List<ulong>();
        for (var i = 0; i < 120; i++)
        {
            var hash = i % 3 == 0 || hashes.Count == 0 ? (ulong)random.NextInt64() : hashes[random.Next(hashes.Count)];
            for (var flip = random.Next(8); flip > 0 && i % 3 != 0; flip--)
            {
                hash ^= 1UL << random.Next(64);
            }

            hashes.Add(hash);
        }

        var expected = from first in Enumerable.Range(0, hashes.Count)
                       from second in Enumerable.Range(first + 1, hashes.Count - first - 1)
                       where PerceptualHash.Distance(hashes[first], hashes[second]) <= maxDistance
                       select (first, second);
        Assert.Equal(expected, NearDuplicates.ByHash(hashes, maxDistance).Select(pair => (pair.First, pair.Second)));
    }

    [Fact]
    public void Chains_of_pairs_form_one_group()
    {
        DuplicatePair[] pairs = [new(4, 9, 1), new(1, 4, 1), new(2, 3, 1)];
        Assert.Equal([[1, 4, 9], [2, 3]], NearDuplicates.Groups(pairs));
    }

    [Fact]
    public void A_picture_resized_and_compressed_keeps_its_hash_and_another_has_another()
    {
        static PixelImage Draw(int size, Func<double, double, double> red)
        {
            var rgb = new byte[size * size * 3];
            for (var i = 0; i < size * size; i++)
            {
                var (x, y) = (i % size / (double)size, i / size / (double)size);
                (rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]) = ((byte)(255 * red(x, y)), (byte)(200 * y), (byte)(255 * x * y));
            }

            return new PixelImage(size, size, rgb);
        }

        static double Disc(double x, double y) => (x - 0.3) * (x - 0.3) + (y - 0.6) * (y - 0.6) < 0.05 ? 1 : 0.1 + 0.3 * x;
        static double Stripes(double x, double y) => 0.5 + 0.5 * Math.Sin(20 * x + 3 * y);
        var original = PerceptualHash.Of(Draw(96, Disc));
        var copy = PerceptualHash.Of(ImageCodec.Decode(ImageCodec.Encode(ImageResizer.Resize(Draw(96, Disc), 64, 64), ImageFormat.Jpeg, 60)));
        Assert.InRange(PerceptualHash.Distance(original, copy), 0, 4);
        Assert.InRange(PerceptualHash.Distance(original, PerceptualHash.Of(Draw(96, Stripes))), 12, 64);
    }
}
