using TorchSharp;

namespace StableRep.Engine.Tests;

/// <summary>Counts the tensors that are alive, without those that earlier tests left to the garbage collector.</summary>
internal static class LiveTensors
{
    public static long Count()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return torch.Tensor.TotalCount;
    }
}
