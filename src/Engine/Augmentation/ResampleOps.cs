using StableRep.Engine.Images;
using static TorchSharp.torch;

namespace StableRep.Engine.Augmentation;

/// <summary>
/// Crops and resizes of a whole batch, each image with its own box: resampling along an axis is a product with a matrix whose row holds the
/// weights of one output pixel. All results belong to the caller's dispose scope.
/// </summary>
public static class ResampleOps
{
    /// <summary>
    /// torchvision's <c>resized_crop</c> with antialiasing: cuts a box out of each image, resizes it, and flips it where asked. Bicubic results
    /// may leave [0, 1] a little.
    /// </summary>
    /// <param name="images"><c>[B, C, H, W]</c> floats; fastest in channels-last memory.</param>
    /// <param name="boxes">A box inside the image for each of the B images.</param>
    /// <param name="height">The height of the results, in pixels.</param>
    /// <param name="width">The width of the results, in pixels.</param>
    /// <param name="interpolation">The filter.</param>
    /// <param name="flips">For each image whether left and right are exchanged; null exchanges none.</param>
    /// <returns><c>[B, C, height, width]</c>, contiguous.</returns>
    /// <exception cref="ArgumentException">A box leaves its image, or their number is not B.</exception>
    public static Tensor ResizedCrop(
        Tensor images, IReadOnlyList<CropBox> boxes, int height, int width, Interpolation interpolation, IReadOnlyList<bool>? flips = null)
    {
        Check(images, boxes);
        using var scope = NewDisposeScope();
        var rows = Weights(
            [.. boxes.Select(box => new Span(box.Top, box.Height, Reversed: false))], images.shape[2], height, interpolation, images.device);
        var columns = Weights(
            [.. boxes.Select((box, i) => new Span(box.Left, box.Width, flips?[i] ?? false))], images.shape[3], width, interpolation, images.device);
        return Apply(images, rows, columns).MoveToOuterDisposeScope();
    }

    /// <summary>Resizes a whole batch to one size, as PyTorch's <c>interpolate</c> without aligned corners.</summary>
    /// <param name="images"><c>[B, C, H, W]</c> floats.</param>
    /// <param name="height">The height of the results, in pixels.</param>
    /// <param name="width">The width of the results, in pixels.</param>
    /// <param name="interpolation">The filter.</param>
    /// <param name="antialias">Whether the filter grows with the reduction.</param>
    /// <returns><c>[B, C, height, width]</c>, contiguous.</returns>
    public static Tensor Resize(Tensor images, int height, int width, Interpolation interpolation, bool antialias = true)
    {
        using var scope = NewDisposeScope();
        var rows = Matrix((int)images.shape[2], height, interpolation, antialias).to(images.device);
        var columns = Matrix((int)images.shape[3], width, interpolation, antialias).to(images.device);
        return Apply(images, rows, columns).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The paper's augmentation against resolution differences: the shorter side to <paramref name="down"/>, then the shorter side to
    /// <paramref name="up"/>, bilinear, antialiased; the longer side is rounded down each time, as torchvision's <c>Resize</c> does.
    /// </summary>
    /// <param name="images"><c>[B, C, H, W]</c> floats.</param>
    /// <param name="down">The smaller size, in pixels.</param>
    /// <param name="up">The final size, in pixels.</param>
    public static Tensor DownsampleUpsample(Tensor images, int down, int up)
    {
        using var small = ResizeShorterSide(images, down);
        return ResizeShorterSide(small, up);
    }

    private static Tensor ResizeShorterSide(Tensor images, int size)
    {
        var (height, width) = (images.shape[2], images.shape[3]);
        return height <= width
            ? Resize(images, size, (int)(size * width / height), Interpolation.Bilinear)
            : Resize(images, (int)(size * height / width), size, Interpolation.Bilinear);
    }

    /// <summary>
    /// Multiplies the rows and then the columns of each image. Channels are kept innermost, so that either step is one matrix product an image.
    /// </summary>
    private static Tensor Apply(Tensor images, Tensor rows, Tensor columns)
    {
        var (batch, channels, height, width) = (images.shape[0], images.shape[1], images.shape[2], images.shape[3]);
        var (newHeight, newWidth) = (rows.shape[^2], columns.shape[^2]);

        // [B, H, W, C] -> [B, H', W * C] -> [B, W, H' * C] -> [B, W', H' * C] -> [B, C, H', W']
        var interleaved = images.permute(0, 2, 3, 1).reshape(batch, height, width * channels);
        var vertical = rows.matmul(interleaved).view(batch, newHeight, width, channels);
        var turned = vertical.permute(0, 2, 1, 3).reshape(batch, width, newHeight * channels);
        var horizontal = columns.matmul(turned).view(batch, newWidth, newHeight, channels);
        return horizontal.permute(0, 3, 2, 1).contiguous();
    }

    /// <summary>The weights of each image's own span, <c>[B, outputs, inputs]</c>, made on the device from two numbers an image.</summary>
    private static Tensor Weights(Span[] spans, long inputs, int outputs, Interpolation interpolation, Device device)
    {
        // The arithmetic of PyTorch's antialiased kernels: an output's center lies at (o + 1/2) * scale, and the filter is stretched by the
        // scale where that is above 1. Their bounds on the taps need no counterpart, since the filter is 0 beyond its support.
        var starts = Column(spans, span => span.Start, device);
        var lengths = Column(spans, span => span.Length, device);
        var reversed = Column(spans, span => span.Reversed ? 1 : 0, device);
        var scale = lengths / outputs;
        var steps = arange(outputs, dtype: ScalarType.Float32, device: device).add(0.5f).view(1, outputs, 1);
        var center = starts + scale * (reversed * outputs + (1 - 2 * reversed) * steps);
        var pixels = arange(inputs, dtype: ScalarType.Float32, device: device).view(1, 1, inputs);
        var weights = Filter((pixels + 0.5f - center).div_(scale.clamp(min: 1)).abs_(), interpolation);
        weights.mul_(pixels.ge(starts).logical_and_(pixels.lt(starts + lengths)));
        return weights.div_(weights.sum(-1, keepdim: true));
    }

    private static Tensor Filter(Tensor distance, Interpolation interpolation)
    {
        if (interpolation == Interpolation.Bilinear)
        {
            return distance.neg_().add_(1).clamp_(min: 0);
        }

        // Keys' cubic with a = -1/2; distances beyond 2 are moved to 2, where it is 0.
        var x = distance.clamp_(max: 2);
        var inner = ((x * 1.5f).sub_(2.5f) * x).mul_(x).add_(1);
        var outer = ((x * -0.5f).add_(2.5f) * x).sub_(4).mul_(x).add_(2);
        return where(x.lt(1), inner, outer);
    }

    private static Tensor Matrix(int inputs, int outputs, Interpolation interpolation, bool antialias)
    {
        var values = new float[outputs * inputs];
        var axis = ResampleWeights.ForAxis(inputs, outputs, interpolation, antialias);
        for (var output = 0; output < outputs; output++)
        {
            axis[output].Values.CopyTo(values, output * inputs + axis[output].First);
        }

        return tensor(values, [outputs, inputs]);
    }

    private static Tensor Column(Span[] spans, Func<Span, float> value, Device device) =>
        tensor(Array.ConvertAll(spans, span => value(span)), [spans.Length, 1, 1], device: device);

    private static void Check(Tensor images, IReadOnlyList<CropBox> boxes)
    {
        if (boxes.Count != images.shape[0])
        {
            throw new ArgumentException($"There are {images.shape[0]} images and {boxes.Count} crop boxes.", nameof(boxes));
        }

        foreach (var box in boxes)
        {
            if (box is { Top: < 0 } or { Left: < 0 } or { Height: < 1 } or { Width: < 1 }
                || box.Top + (long)box.Height > images.shape[2] || box.Left + (long)box.Width > images.shape[3])
            {
                throw new ArgumentException($"{box} leaves its {images.shape[3]} x {images.shape[2]} image.", nameof(boxes));
            }
        }
    }

    private readonly record struct Span(int Start, int Length, bool Reversed);
}
