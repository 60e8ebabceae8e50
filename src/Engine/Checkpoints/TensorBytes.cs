using static TorchSharp.torch;

namespace StableRep.Engine.Checkpoints;

/// <summary>Moves raw little-endian elements between memory and tensors, in pieces where one span cannot hold them.</summary>
internal static unsafe class TensorBytes
{
    // Small enough to stay in a core's cache between the copy and the conversion, large enough to hide the cost of a call.
    private const long ConversionElements = 256 * 1024;

    private const long CopyBytes = 1L << 30;

    /// <summary>Fills <paramref name="destination"/>, of as many elements, from <paramref name="source"/>, converting type and device.</summary>
    public static void Fill(Tensor destination, byte* source, ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        destination = destination.detach();
        if (!destination.is_contiguous())
        {
            var whole = empty(destination.shape, type, CPU);
            Fill(whole, source, type);
            destination.copy_(whole);
            return;
        }

        var flat = destination.view(-1);
        if (destination.dtype == type && destination.device_type == TorchSharp.DeviceType.CPU)
        {
            Copy(flat, source);
            return;
        }

        var size = SafetensorsType.SizeOf(type);
        var piece = empty([Math.Min(ConversionElements, flat.NumberOfElements)], type, CPU);
        for (var start = 0L; start < flat.NumberOfElements; start += ConversionElements)
        {
            using var step = NewDisposeScope();
            var count = Math.Min(ConversionElements, flat.NumberOfElements - start);
            var staged = piece.narrow(0, 0, count);
            Copy(staged, source + start * size);
            flat.narrow(0, start, count).copy_(staged);
        }
    }

    /// <summary>Gives the bytes of a contiguous CPU tensor, piece by piece.</summary>
    public static void Write(Tensor tensor, Stream stream)
    {
        using var scope = NewDisposeScope();
        var flat = tensor.view(-1);
        var elements = CopyBytes / flat.ElementSize;
        for (var start = 0L; start < flat.NumberOfElements; start += elements)
        {
            stream.Write(flat.narrow(0, start, Math.Min(elements, flat.NumberOfElements - start)).bytes);
        }
    }

    private static void Copy(Tensor flat, byte* source)
    {
        var size = flat.ElementSize;
        var elements = CopyBytes / size;
        for (var start = 0L; start < flat.NumberOfElements; start += elements)
        {
            using var piece = flat.narrow(0, start, Math.Min(elements, flat.NumberOfElements - start));
            var bytes = piece.bytes;
            new ReadOnlySpan<byte>(source + start * size, bytes.Length).CopyTo(bytes);
        }
    }
}
