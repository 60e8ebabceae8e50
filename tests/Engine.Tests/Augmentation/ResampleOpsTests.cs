using StableRep.Engine.Augmentation;
using StableRep.Engine.Images;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Augmentation;

public sealed class ResampleOpsTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(Interpolation.Bilinear)]
    [InlineData(Interpolation.Bicubic)]
    public void Each_image_of_a_batch_keeps_its_own_box_and_flip(Interpolation interpolation)
    {
        var images = rand(4, 3, 30, 44);
        CropBox[] boxes = [new(0, 0, 30, 44), new(3, 5, 4, 3), new(29, 43, 1, 1), new(10, 2, 20, 40)];
        bool[] flips = [false, true, true, false];
        var batch = ResampleOps.ResizedCrop(images, boxes, 12, 17, interpolation, flips);
        for (var i = 0; i < boxes.Length; i++)
        {
            var (box, image) = (boxes[i], images.narrow(0, i, 1));
            var expected = ResampleOps.Resize(
                image.narrow(2, box.Top, box.Height).narrow(3, box.Left, box.Width), 12, 17, interpolation);
            expected = flips[i] ? expected.flip(3) : expected;
            Assert.InRange((expected - batch.narrow(0, i, 1)).abs().max().item<float>(), 0, 2e-6);
        }
    }

    [Theory]
    [InlineData(7, 5)]
    [InlineData(5, 13)]
    [InlineData(9, 9)]
    [InlineData(1, 4)]
    public void Plain_bilinear_and_bicubic_are_torch_interpolate(int inputs, int outputs)
    {
        var images = rand(2, 3, inputs, inputs + 2);
        foreach (var (ours, theirs) in new[]
        {
            (Interpolation.Bilinear, InterpolationMode.Bilinear), (Interpolation.Bicubic, InterpolationMode.Bicubic),
        })
        {
            var expected = nn.functional.interpolate(images, [outputs, outputs + 1], mode: theirs, align_corners: false);
            var actual = ResampleOps.Resize(images, outputs, outputs + 1, ours, antialias: false);
            Assert.InRange((expected - actual).abs().max().item<float>(), 0, 2e-6);
        }
    }

    [Fact]
    public void A_resized_picture_is_the_same_through_tensors_and_through_bytes()
    {
        var picture = Engine.Tests.Images.TestPictures.Gradient(50, 41);
        var expected = ImageResizer.Resize(picture, 23, 64);
        var actual = ImageTensors.ToImages(ResampleOps.Resize(ImageTensors.ToFloats([picture]), 64, 23, Interpolation.Bicubic))[0];
        Assert.All(expected.Rgb.Zip(actual.Rgb), pair => Assert.InRange(pair.First - pair.Second, -1, 1));
    }

    [Fact]
    public void The_number_of_boxes_must_be_that_of_the_images() =>
        Assert.Throws<ArgumentException>(() => ResampleOps.ResizedCrop(rand(2, 3, 4, 4), [new(0, 0, 4, 4)], 4, 4, Interpolation.Bilinear));
}
