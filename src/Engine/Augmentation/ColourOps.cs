using static TorchSharp.torch;

namespace StableRep.Engine.Augmentation;

/// <summary>
/// Colour operations on batches with a factor of its own for each image, equal to torchvision's on float tensors. Images are
/// <c>[B, 3, H, W]</c> in [0, 1], factors <c>[B, 1, 1, 1]</c> or broadcastable to it; results belong to the caller's dispose scope.
/// </summary>
public static class ColourOps
{
    /// <summary>Multiplies by the factor.</summary>
    public static Tensor Brightness(Tensor images, Tensor factor) => (images * factor).clamp_(0, 1);

    /// <summary>Moves from the image's mean grey (factor 0) through itself (1) and beyond.</summary>
    public static Tensor Contrast(Tensor images, Tensor factor)
    {
        using var scope = NewDisposeScope();
        var mean = Luminance(images).mean([1, 2, 3], keepdim: true);
        return Blend(images, mean, factor).MoveToOuterDisposeScope();
    }

    /// <summary>Moves from each pixel's grey (factor 0) through itself (1) and beyond.</summary>
    public static Tensor Saturation(Tensor images, Tensor factor)
    {
        using var scope = NewDisposeScope();
        return Blend(images, Luminance(images), factor).MoveToOuterDisposeScope();
    }

    /// <summary>Turns the hue by the factor, in turns, through HSV.</summary>
    public static Tensor Hue(Tensor images, Tensor factor)
    {
        using var scope = NewDisposeScope();
        var (red, green, blue) = (images.narrow(1, 0, 1), images.narrow(1, 1, 1), images.narrow(1, 2, 1));
        var value = images.amax([1L], keepdim: true);
        var chroma = value - images.amin([1L], keepdim: true);

        // Where there is no chroma every difference is 0, and any divisor but 0 will do.
        var sector = where(value.eq(red), green - blue,
            where(value.eq(green), (blue - red).add_(chroma, alpha: 2), (red - green).add_(chroma, alpha: 4)));
        sector.div_(chroma.clamp(min: 1e-12f));

        // A channel falls from the value by the chroma times a trapezoid of the hue, six sectors around; red, green and blue are shifted.
        var shifts = tensor([5f, 3f, 1f], device: images.device).view(1, 3, 1, 1);
        var place = sector.add_(factor, alpha: 6) + shifts;
        place.sub_(place.div(6).floor_().mul_(6));
        var fall = place.sub_(2).abs_().neg_().add_(2).clamp_(0, 1);
        return fall.mul_(chroma).neg_().add_(value).MoveToOuterDisposeScope();
    }

    /// <summary>Replaces each pixel by its grey, in three equal channels.</summary>
    public static Tensor Grayscale(Tensor images)
    {
        using var scope = NewDisposeScope();
        return Luminance(images).expand_as(images).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Inverts the values from the threshold on.</summary>
    public static Tensor Solarize(Tensor images, double threshold)
    {
        using var scope = NewDisposeScope();
        return where(images.ge(threshold), 1 - images, images).MoveToOuterDisposeScope();
    }

    /// <summary>Subtracts the mean and divides by the standard deviation, channel by channel.</summary>
    public static Tensor Normalize(Tensor images, IReadOnlyList<double> mean, IReadOnlyList<double> standardDeviation)
    {
        using var scope = NewDisposeScope();
        return images.sub(Channels(mean, images.device)).div_(Channels(standardDeviation, images.device)).MoveToOuterDisposeScope();
    }

    private static Tensor Luminance(Tensor images) =>
        images.narrow(1, 0, 1).mul(0.2989f).add_(images.narrow(1, 1, 1), alpha: 0.587f).add_(images.narrow(1, 2, 1), alpha: 0.114f);

    private static Tensor Blend(Tensor images, Tensor other, Tensor factor) => (images * factor).add_((1 - factor) * other).clamp_(0, 1);

    private static Tensor Channels(IReadOnlyList<double> values, Device device) =>
        tensor(values.Select(value => (float)value).ToArray(), device: device).view(1, -1, 1, 1);
}
