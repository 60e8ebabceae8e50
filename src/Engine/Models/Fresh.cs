using static TorchSharp.torch;

namespace StableRep.Engine.Models;

/// <summary>
/// Arithmetic whose first operand was just computed and is held by nobody else: without gradients the result is written over it,
/// which saves an allocation and a pass over memory. With gradients it is out of place, since autograd follows writes through views slowly.
/// </summary>
internal static class Fresh
{
    public static Tensor Add(Tensor fresh, Tensor other) => fresh.requires_grad ? fresh + other : fresh.add_(other);

    public static Tensor Multiply(Tensor fresh, Tensor other) => fresh.requires_grad ? fresh * other : fresh.mul_(other);
}
