using System.Globalization;
using StableRep.Engine.Runtime;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Runtime;

public sealed class FreedMemoryTests
{
    [Fact]
    public void Memory_of_freed_tensors_is_taken_again_without_asking_the_system()
    {
        TorchRuntime.Load();
        const int tensors = 64, pagesEach = 16 << 20 >> 12;
        Touch();
        var before = PageFaults();
        for (var i = 0; i < tensors; i++)
        {
            Touch();
        }

        Assert.InRange(PageFaults() - before, 0, tensors * pagesEach / 4);

        static void Touch()
        {
            using var tensor = ones(4 << 20); // 16 MiB
        }
    }

    /// <summary>Pages that this process was given without reading a disk (proc(5), minflt).</summary>
    private static long PageFaults()
    {
        var status = File.ReadAllText("/proc/self/stat");
        return long.Parse(status[(status.LastIndexOf(')') + 2)..].Split(' ')[7], CultureInfo.InvariantCulture);
    }
}
