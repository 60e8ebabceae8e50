using static TorchSharp.torch;

namespace StableRep.Engine.Augmentation;

/// <summary>Gaussian blur of a batch with a standard deviation of its own for each image, equal to torchvision's <c>gaussian_blur</c>.</summary>
public static class BlurOps
{
    /// <summary>Blurs each image; beyond the border it is mirrored, the border pixel itself not repeated.</summary>
    /// <param name="images"><c>[B, C, H, W]</c> floats, contiguous.</param>
    /// <param name="sigmas">The B standard deviations in pixels, positive.</param>
    /// <param name="kernel">The kernel's size in pixels, odd, less than twice the image's sides.</param>
    /// <returns><c>[B, C, H, W]</c>, contiguous, of the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">The kernel is even or too large, or a sigma is not positive.</exception>
    public static Tensor GaussianBlur(Tensor images, IReadOnlyList<double> sigmas, int kernel)
    {
        var (batch, channels, height, width) = (images.shape[0], images.shape[1], images.shape[2], images.shape[3]);
        if (kernel < 1 || kernel % 2 == 0 || kernel / 2 >= Math.Min(height, width))
        {
            throw new ArgumentException($"A blur of a {width} x {height} image takes an odd kernel under twice its sides, not {kernel}.", nameof(kernel));
        }

        if (sigmas.Count != batch || sigmas.Any(sigma => !(sigma > 0)))
        {
            throw new ArgumentException($"{batch} images take {batch} positive standard deviations.", nameof(sigmas));
        }

        using var scope = NewDisposeScope();
        var spread = tensor(sigmas.Select(sigma => (float)sigma).ToArray(), [batch, 1, 1], device: images.device);
        var columns = Matrix(spread, width, kernel / 2);
        var rows = width == height ? columns : Matrix(spread, height, kernel / 2);

        // [B, C * H, W] -> [B, W', C * H] -> [B, W', C, H] -> [B, H, C * W'] -> [B, H', C * W'] -> [B, C, H', W']
        var horizontal = columns.matmul(images.reshape(batch, channels * height, width).transpose(1, 2)).view(batch, width, channels, height);
        var turned = horizontal.permute(0, 3, 2, 1).reshape(batch, height, channels * width);
        var vertical = rows.matmul(turned).view(batch, height, channels, width);
        return vertical.permute(0, 2, 1, 3).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The blur along an axis as a matrix <c>[B, length, length]</c>: the kernel around each output, and its parts beyond either end folded
    /// back in.
    /// </summary>
    private static Tensor Matrix(Tensor sigmas, long length, int radius)
    {
        var places = arange(length, dtype: ScalarType.Float32, device: sigmas.device);
        var (output, input) = (places.view(1, length, 1), places.view(1, 1, length));
        var falloff = sigmas.square().mul_(-2).reciprocal_();

        Tensor Kernel(Tensor distance) => (distance.square() * falloff).exp_().mul_(distance.abs().le(radius));

        var direct = Kernel(input - output);
        var beforeStart = Kernel(input + output).mul_(input.gt(0));
        var beyondEnd = Kernel(2 * (length - 1) - input - output).mul_(input.lt(length - 1));
        var folded = direct.add_(beforeStart).add_(beyondEnd);
        return folded.div_(folded.sum(-1, keepdim: true));
    }
}
