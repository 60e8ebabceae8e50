using System.Text.Json;
using StableRep.Engine.Augmentation;
using StableRep.Engine.Images;
using static TorchSharp.torch;

namespace StableRep.Parity.Kinds;

/// <summary>One augmentation with given parameters on a batch of images in [0, 1].</summary>
internal static class AugmentKind
{
    public static IReadOnlyDictionary<string, Tensor> Run(ParityCase parity) =>
        new Dictionary<string, Tensor> { ["image"] = Apply(parity.Text("op"), parity.In("image"), parity.Json.GetProperty("parameters")) };

    private static Tensor Apply(string op, Tensor images, JsonElement parameters) => op switch
    {
        "resized-crop" => ResizedCrop(images, parameters),
        "horizontal-flip" => Flip(images),
        "downsample-upsample" => ResampleOps.DownsampleUpsample(images, Integer(parameters, "down"), Integer(parameters, "up")),
        "brightness" or "contrast" or "saturation" or "hue" => Jitter(op, images, Factor(images, parameters, "factor")),
        "colour-jitter" => parameters.GetProperty("order").EnumerateArray().Select(part => part.GetString()!)
            .Aggregate(images, (current, part) => Jitter(part, current, Factor(images, parameters, part))),
        "grayscale" => ColourOps.Grayscale(images),
        "gaussian-blur" => Blur(images, parameters),
        "solarize" => ColourOps.Solarize(images, parameters.GetProperty("threshold").GetDouble()),
        "normalize" => ColourOps.Normalize(images, Numbers(parameters, "mean"), Numbers(parameters, "std")),
        _ => throw new NotSupportedException($"The augmentation '{op}' is unknown."),
    };

    private static Tensor Jitter(string part, Tensor images, Tensor factor) => part switch
    {
        "brightness" => ColourOps.Brightness(images, factor),
        "contrast" => ColourOps.Contrast(images, factor),
        "saturation" => ColourOps.Saturation(images, factor),
        "hue" => ColourOps.Hue(images, factor),
        _ => throw new NotSupportedException($"Colour jitter has no part '{part}'."),
    };

    private static Tensor ResizedCrop(Tensor images, JsonElement parameters)
    {
        var box = new CropBox(
            Integer(parameters, "top"), Integer(parameters, "left"), Integer(parameters, "height"), Integer(parameters, "width"));
        var size = parameters.GetProperty("size") is { ValueKind: JsonValueKind.Array } pair
            ? [.. pair.EnumerateArray().Select(side => side.GetInt32())]
            : new[] { Integer(parameters, "size"), Integer(parameters, "size") };
        var interpolation = Enum.Parse<Interpolation>(parameters.GetProperty("interpolation").GetString()!, ignoreCase: true);
        return parameters.TryGetProperty("antialias", out var antialias) && !antialias.GetBoolean()
            ? ResampleOps.Resize(
                images.narrow(2, box.Top, box.Height).narrow(3, box.Left, box.Width), size[0], size[^1], interpolation, antialias: false)
            : ResampleOps.ResizedCrop(images, Each(images, box), size[0], size[^1], interpolation);
    }

    /// <summary>The flip as training does it: a crop of everything, read backwards.</summary>
    private static Tensor Flip(Tensor images)
    {
        var (height, width) = ((int)images.shape[2], (int)images.shape[3]);
        return ResampleOps.ResizedCrop(
            images, Each(images, new CropBox(0, 0, height, width)), height, width, Interpolation.Bilinear, Each(images, true));
    }

    private static Tensor Blur(Tensor images, JsonElement parameters)
    {
        if (parameters.TryGetProperty("padding", out var padding) && padding.GetString() != "reflect")
        {
            throw new NotSupportedException($"The blur mirrors at the border; the case asks for '{padding.GetString()}'.");
        }

        return BlurOps.GaussianBlur(images, Each(images, parameters.GetProperty("sigma").GetDouble()), Integer(parameters, "kernel_size"));
    }

    private static Tensor Factor(Tensor images, JsonElement parameters, string name) =>
        full([images.shape[0], 1, 1, 1], parameters.GetProperty(name).GetDouble(), ScalarType.Float32);

    private static T[] Each<T>(Tensor images, T value) => [.. Enumerable.Repeat(value, (int)images.shape[0])];

    private static int Integer(JsonElement parameters, string name) => parameters.GetProperty(name).GetInt32();

    private static double[] Numbers(JsonElement parameters, string name) =>
        [.. parameters.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];
}
