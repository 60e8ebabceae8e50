using StableRep.Engine.Augmentation;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Augmentation;

public sealed class BlurOpsTests
{
    [Theory]
    [InlineData(23, 30, 17)]
    [InlineData(5, 3, 9)]
    [InlineData(1, 4, 4)]
    public void Each_image_is_convolved_with_its_own_kernel_over_mirrored_borders(int kernel, int height, int width)
    {
        using var scope = NewDisposeScope();
        var images = rand(3, 3, height, width);
        double[] sigmas = [0.1, 0.9, 4];
        var batch = BlurOps.GaussianBlur(images, sigmas, kernel);
        for (var i = 0; i < sigmas.Length; i++)
        {
            var radius = kernel / 2;
            var line = linspace(-radius, radius, kernel).div((float)sigmas[i]).square().mul(-0.5f).exp();
            line /= line.sum();
            var square = outer(line, line).view(1, 1, kernel, kernel).expand(3, 1, kernel, kernel);
            var padded = nn.functional.pad(images.narrow(0, i, 1), (radius, radius, radius, radius), PaddingModes.Reflect);
            var expected = nn.functional.conv2d(padded, square, groups: 3);
            Assert.InRange((expected - batch.narrow(0, i, 1)).abs().max().item<float>(), 0, 2e-6);
        }
    }

    [Theory]
    [InlineData(4, 1.0)]
    [InlineData(9, 1.0)]
    [InlineData(3, 0.0)]
    [InlineData(3, double.NaN)]
    public void A_kernel_or_sigma_that_cannot_be_is_refused(int kernel, double sigma)
    {
        using var image = rand(1, 3, 4, 4);
        Assert.Throws<ArgumentException>(() => BlurOps.GaussianBlur(image, [sigma], kernel));
    }
}
