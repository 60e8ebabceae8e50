using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace StableRep.Engine.Runtime;

/// <summary>
/// Goes on without oneDNN, which computes libtorch's convolutions on a CPU, where it computes them wrong. It fills channels up to a multiple of the vector's
/// width, and there are machines on which what it fills up with is not zeros but whatever the memory held: pictures and gradients become NaN, or silently noise.
/// libtorch's own convolutions take about 1.4 times as long.
/// </summary>
internal static partial class OneDnn
{
    private const double Tolerance = 1e-3;
    private const int Tries = 3;

    // Neither is a multiple of 16, and 4 is none of 8.
    private static readonly (long Input, long Output)[] Channels = [(24, 24), (24, 4), (4, 24)];

    /// <summary>Whether oneDNN was wrong, and is not used any more.</summary>
    public static bool IsLeft { get; private set; }

    /// <summary>Tries a few convolutions, which takes milliseconds.</summary>
    public static void LeaveWhereWrong()
    {
        // The C++ names are those of the Itanium ABI, which Windows does not use.
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        // Where oneDNN does not serve, libtorch asks for NNPACK first, which complains about many CPUs at every call.
        SetNnpackEnabled(Context(), 0);
        if (!IsRight())
        {
            SetEnabled(Context(), 0);
            IsLeft = true;
        }
    }

    /// <summary>Whether convolutions and their gradients in fp32 are those in fp64, which oneDNN does not compute.</summary>
    internal static bool IsRight()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(0);
        return Enumerable.Range(0, Tries).All(_ => Channels.All(channels => IsRight(channels.Input, channels.Output, generator)));
    }

    private static bool IsRight(long input, long output, Generator generator)
    {
        using var scope = NewDisposeScope();
        var (images, weights) = (randn([4, input, 8, 8], generator: generator), randn([output, input, 3, 3], generator: generator));
        LeaveNaNs();
        var results = Convolve(images, weights);
        return results.Zip(Convolve(images.to(ScalarType.Float64), weights.to(ScalarType.Float64))).All(pair =>
        {
            var error = (pair.First - pair.Second).abs().max() / pair.Second.abs().max();
            return error.item<double>() < Tolerance;    // false of NaN
        });
    }

    /// <summary>A convolution and its gradients, as fp64.</summary>
    private static Tensor[] Convolve(Tensor images, Tensor weights)
    {
        var (input, kernel) = (images.detach().requires_grad_(), weights.detach().requires_grad_());
        var result = nn.functional.conv2d(input, kernel, padding: [1, 1]);
        result.square().sum().backward();
        return [result.detach().to(ScalarType.Float64), input.grad!.to(ScalarType.Float64), kernel.grad!.to(ScalarType.Float64)];
    }

    /// <summary>Frees memory that is full of NaN, so that the next blocks of the convolutions' sizes show what is read without being written.</summary>
    private static void LeaveNaNs()
    {
        using var scope = NewDisposeScope();
        foreach (var length in (long[])[4 * 32 * 64, 4 * 24 * 64, 4 * 16 * 64, 4 * 8 * 64, 4 * 4 * 64, 32 * 32 * 9, 32 * 16 * 9, 24 * 24 * 9, 24 * 8 * 9])
        {
            for (var i = 0; i < 4; i++)
            {
                _ = full([length], float.NaN);
            }
        }
    }

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at13globalContextEv")]
    private static partial nint Context();

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at7Context20setUserEnabledMkldnnEb")]
    private static partial void SetEnabled(nint context, byte enabled);

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at7Context20setUserEnabledNNPACKEb")]
    private static partial void SetNnpackEnabled(nint context, byte enabled);
}
