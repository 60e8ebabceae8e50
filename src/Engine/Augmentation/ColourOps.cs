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

        // Where there is no chroma the hue does not matter: any divisor but 0 will do.
        var divisor = where(chroma.eq(0), ones_like(chroma), chroma);
        var sector = where(value.eq(red), (green - blue) / divisor,
            where(value.eq(green), (blue - red) / divisor + 2, (red - green) / divisor + 4));

        // A channel falls from the value by the chroma times a trapezoid of the hue, six sectors around; red, green and blue are shifted.
        var shifts = tensor([5f, 3f, 1f], device: images.device).view(1, 3, 1, 1);
        var place = (sector + factor * 6 + shifts).remainder_(6);
        var fall = minimum(place, 4 - place).clamp_(0, 1);
        return (value - chroma * fall).MoveToOuterDisposeScope();
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

    private static Tensor Luminance(Tensor images)
    {
        var weights = tensor([0.2989f, 0.587f, 0.114f], device: images.device).view(1, 3, 1, 1);
        return (images * weights).sum(1, keepdim: true);
    }

    private static Tensor Blend(Tensor images, Tensor other, Tensor factor) => (images * factor).add_((1 - factor) * other).clamp_(0, 1);

    private static Tensor Channels(IReadOnlyList<double> values, Device device) =>
        tensor(values.Select(value => (float)value).ToArray(), device: device).view(1, -1, 1, 1);
}
