using StableRep.Parity;

namespace StableRep.Engine.Tests;

public sealed class ParityTests
{
    public static TheoryData<string> Cases() => [.. ParityCase.List(ParityCases.Folder)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Outputs_equal_the_reference(string name)
    {
        var outcome = ParityRunner.Run(ParityCases.Folder, name);
        TestContext.Current.TestOutputHelper?.WriteLine(outcome.ToString());
        Assert.True(outcome.Passed, $"{outcome}: {outcome.Reason}");
    }
}
