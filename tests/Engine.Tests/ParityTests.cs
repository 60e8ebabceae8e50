using StableRep.Parity;

namespace StableRep.Engine.Tests;

public sealed class ParityTests
{
    public static TheoryData<string> Cases() => [.. ParityCase.List(CasesFolder()).Where(IsImplemented)];

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Outputs_equal_the_reference(string name)
    {
        var outcome = ParityRunner.Run(CasesFolder(), name);
        TestContext.Current.TestOutputHelper?.WriteLine(outcome.ToString());
        Assert.True(outcome.Passed, $"{outcome}: {outcome.Reason}");
    }

    private static bool IsImplemented(string name)
    {
        using var parity = ParityCase.Load(CasesFolder(), name);
        return ParityKinds.CanRun(parity);
    }

    private static string CasesFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var cases = Path.Combine(folder.FullName, "tests", "Parity", "cases");
            if (Directory.Exists(cases))
            {
                return cases;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds tests/Parity/cases.");
    }
}
