using StableRep.Engine.Runtime;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Runtime;

public sealed class OneDnnTests
{
    [Fact]
    public void Convolutions_are_right_on_this_machine_with_oneDNN_or_without()
    {
        TorchRuntime.Load();
        Assert.True(OneDnn.IsRight());
    }

    [Fact]
    public void Whether_oneDNN_is_used_is_said_with_the_version()
    {
        var version = TorchRuntime.Version;
        Assert.StartsWith(__version__, version, StringComparison.Ordinal);
        Assert.Equal(OneDnn.IsLeft, version.EndsWith("without oneDNN", StringComparison.Ordinal));
        Assert.Equal(OneDnn.IsLeft, TorchRuntime.Notice is not null);
    }
}
