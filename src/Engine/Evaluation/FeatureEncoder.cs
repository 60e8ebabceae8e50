using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using static TorchSharp.torch;

namespace StableRep.Engine.Evaluation;

/// <summary>A frozen encoder as probes see it: square images in, one row of features each out.</summary>
public sealed class FeatureEncoder
{
    private readonly Func<Tensor, Tensor> _encode;

    /// <summary>Wraps any function of images.</summary>
    /// <param name="key">What the features depend on (weights, normalisation), for the feature cache: equal keys mean equal features.</param>
    /// <param name="imageSize">The side of the square images that it takes, in pixels.</param>
    /// <param name="encode">
    /// <c>[B, 3, S, S]</c> fp32 in [0, 1] on the probe's device to <c>[B, D]</c>; normalises the images itself. Called without gradients.
    /// </param>
    public FeatureEncoder(string key, int imageSize, Func<Tensor, Tensor> encode)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(imageSize, 1);
        (Key, ImageSize, _encode) = (key, imageSize, encode);
    }

    /// <summary>What the features depend on.</summary>
    public string Key { get; }

    /// <summary>The side of the images that it takes.</summary>
    public int ImageSize { get; }

    /// <summary>The pixels themselves, <c>[B, 3 S²]</c>: the baseline that any encoder must beat.</summary>
    /// <param name="imageSize">The side to which images are scaled first.</param>
    public static FeatureEncoder RawPixels(int imageSize) => new("raw pixels", imageSize, images => images.flatten(1));

    /// <summary>A network with given or random weights. The module stays the caller's and must be in evaluation mode on the probe's device.</summary>
    /// <param name="module">Normalised images <c>[B, 3, S, S]</c> to features <c>[B, D]</c>.</param>
    /// <param name="imageSize">The side of the images.</param>
    /// <param name="mean">The mean of each channel, subtracted from images in [0, 1].</param>
    /// <param name="deviation">The standard deviation of each channel, divided by.</param>
    public static FeatureEncoder Of(nn.Module<Tensor, Tensor> module, int imageSize, IReadOnlyList<double> mean, IReadOnlyList<double> deviation)
    {
        static string Numbers(IEnumerable<double> numbers) => string.Join(",", numbers.Select(number => number.ToString("R", CultureInfo.InvariantCulture)));
        return new FeatureEncoder($"{WeightsKey(module)} mean {Numbers(mean)} deviation {Numbers(deviation)}", imageSize, images =>
        {
            using var scope = NewDisposeScope();
            Tensor Channels(IReadOnlyList<double> values) => tensor(values.Select(value => (float)value).ToArray(), device: images.device).reshape(1, 3, 1, 1);
            return module.forward((images - Channels(mean)) / Channels(deviation)).MoveToOuterDisposeScope();
        });
    }

    /// <summary>A hash of a module's kind and of every weight and buffer with its name and shape.</summary>
    public static string WeightsKey(nn.Module module)
    {
        using var scope = NewDisposeScope();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(module.GetType().FullName!));
        foreach (var (name, tensor) in module.state_dict().OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}[{string.Join(',', tensor.shape)}]{tensor.dtype}"));
            hash.AppendData(tensor.detach().cpu().contiguous().bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Encodes images and checks what comes out.</summary>
    /// <exception cref="InvalidOperationException">The result is not one finite row of features for each image.</exception>
    internal Tensor Encode(Tensor images)
    {
        using var scope = NewDisposeScope();
        var features = _encode(images).to_type(ScalarType.Float32);
        if (features.dim() != 2 || features.shape[0] != images.shape[0])
        {
            throw new InvalidOperationException(
                $"The encoder gave [{string.Join(", ", features.shape)}] for {images.shape[0]} images: it must give one row of features for each.");
        }

        return features.isfinite().all().item<bool>()
            ? features.MoveToOuterDisposeScope()
            : throw new InvalidOperationException("The encoder gave features that are not finite numbers: its weights are damaged or its training diverged.");
    }
}
