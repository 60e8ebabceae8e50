using StableRep.Parity;

namespace StableRep.Engine.Tests;

public sealed class ParityTests
{
    public static TheoryData<string> Cases() => [.. ParityCase.List(ParityCases.Folder).Where(IsImplemented)];

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Outputs_equal_the_reference(string name)
    {
        var outcome = ParityRunner.Run(ParityCases.Folder, name);
        TestContext.Current.TestOutputHelper?.WriteLine(outcome.ToString());
        Assert.True(outcome.Passed, $"{outcome}: {outcome.Reason}");
    }

    private static bool IsImplemented(string name)
    {
        using var parity = ParityCase.Load(ParityCases.Folder, name);
        return ParityKinds.CanRun(parity);
    }
<<<<<<< HEAD
=======

    /// <summary>The folder of the reference cases, whose small models other tests use too.</summary>
    internal static string CasesFolder()
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
>>>>>>> 4780fde (Tokenize captions as CLIP does, and sample with DDIM, PNDM, Euler and DPM-Solver++)
}
