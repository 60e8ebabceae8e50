using StableRep.Engine.Evaluation;
using StableRep.Engine.Runtime;

namespace StableRep.Engine.Tests.Evaluation;

public sealed class FeatureCacheTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MemoryImages _images = new(3, 9, 8, corrupt: 4);
    private readonly FeatureCache _cache;

    public FeatureCacheTests() => _cache = new FeatureCache(_folder.Path);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_second_request_reads_no_image_and_gives_the_same()
    {
        using var first = _cache.Get(FeatureEncoder.RawPixels(8), _images, ComputeDevice.Cpu);
        using var second = _cache.Get(FeatureEncoder.RawPixels(8), _images, ComputeDevice.Cpu);
        Assert.Equal(9, _images.Reads);
        Assert.True(first.Features.equal(second.Features).all().item<bool>());
        Assert.Equal(first.Labels.data<long>(), second.Labels.data<long>());
        Assert.Equal(first.ClassNames, second.ClassNames);
        Assert.Equal(first.Corrupt, second.Corrupt);
    }

    [Fact]
    public void Another_encoder_size_or_split_is_another_file()
    {
        var paths = new[]
        {
            _cache.PathOf(FeatureEncoder.RawPixels(8), _images),
            _cache.PathOf(FeatureEncoder.RawPixels(16), _images),
            _cache.PathOf(new FeatureEncoder("other", 8, images => images), _images),
            _cache.PathOf(FeatureEncoder.RawPixels(8), new MemoryImages(3, 9, 8)),
        };
        Assert.Equal(4, paths.Distinct().Count());
    }

    [Fact]
    public void A_damaged_file_is_made_anew()
    {
        using var first = _cache.Get(FeatureEncoder.RawPixels(8), _images, ComputeDevice.Cpu);
        var path = _cache.PathOf(FeatureEncoder.RawPixels(8), _images);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..100]);
        using var second = _cache.Get(FeatureEncoder.RawPixels(8), _images, ComputeDevice.Cpu);
        Assert.Equal(18, _images.Reads);
        Assert.True(first.Features.equal(second.Features).all().item<bool>());
    }
}
