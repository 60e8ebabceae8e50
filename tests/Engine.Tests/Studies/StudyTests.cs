using StableRep.Engine.Evaluation;
using StableRep.Engine.Images;
using StableRep.Engine.Runtime;
using StableRep.Engine.Studies;

namespace StableRep.Engine.Tests.Studies;

public sealed class StudyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeGenerator _fake = new();

    /// <summary>Without methods that need a tokenizer, which the stand-in generator has not.</summary>
    private static StudyScale Tiny { get; } = new()
    {
        Name = "tiny",
        Captions = 8,
        ImagesPerPrompt = 2,
        Guidances = [1, 3],
        ImagesPerPromptGrid = [2],
        Seeds = 2,
        ViewsPerBatch = 4,
        Steps = 2,
        ProbeTrain = 36,
        ProbeTest = 18,
        ProbeEpochs = 1,
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_study_that_stops_goes_on_and_its_report_tells_what_is_missing()
    {
        var study = new Study(Tiny, _folder.File("data"), _fake.Generator, ComputeDevice.Cpu);
        Assert.Equal(32, study.Progress().ImagesLeft);
        var done = new List<string>();
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => study.Run(
            finished: (cell, _) =>
            {
                done.Add(cell.Name);
                if (done.Count == 2)
                {
                    stop.Cancel();
                }
            },
            cancellation: stop.Token));
        Assert.Equal(["random-g3-m2-s0", "simclr-g3-m2-s0"], done);

        var resumed = new Study(Tiny, _folder.File("data"), _fake.Generator, ComputeDevice.Cpu);
        Assert.Equal(resumed.Plan.Cells().Count - 2, resumed.Progress().CellsLeft);
        Assert.Equal(16, resumed.Progress().ImagesLeft);

        new StudyReport(resumed, "v0").Write(_folder.File("report"));
        var page = File.ReadAllText(_folder.File("report/README.md"));
        Assert.Contains("2 of 18 training runs are done", page, StringComparison.Ordinal);
        Assert.Contains("| StableRep | not done |", page, StringComparison.Ordinal);
        Assert.DoesNotContain("| SimCLR | not done |", page, StringComparison.Ordinal);
        Assert.Contains("![Methods, as many views](methods.png)", page, StringComparison.Ordinal);
        var table = File.ReadAllLines(_folder.File("report/cells.csv"));
        Assert.Equal(3, table.Length);
        Assert.StartsWith("simclr,3,2,0,0.", table[2], StringComparison.Ordinal);
        Assert.Equal(560, ImageCodec.Decode(File.ReadAllBytes(_folder.File("report/methods.png"))).Height);
    }

    [Fact]
    public void Accuracy_is_over_the_seeds_that_are_done()
    {
        var study = new Study(Tiny, _folder.File("data"), _fake.Generator, ComputeDevice.Cpu);
        var random = study.Plan.ByMethod(StudyCell.Random);
        Assert.Null(study.Accuracy(random));
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => study.Run(finished: (_, _) => stop.Cancel(), cancellation: stop.Token));
        Assert.Equal(1, study.Accuracy(random)!.Count);
        Assert.Null(study.Accuracy(random)!.HalfWidth);
    }

    [Fact]
    public void A_lead_is_over_the_seeds_that_have_every_pair()
    {
        var study = new Study(Tiny, _folder.File("data"), _fake.Generator, ComputeDevice.Cpu);
        var (random, simClr, real) = (study.Plan.ByMethod(StudyCell.Random), study.Plan.ByMethod("simclr"), study.Plan.ByGuidance("simclr", null));
        Assert.Null(study.Lead([(simClr, random)]));
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => study.Run(
            finished: (cell, _) =>
            {
                if (cell.Method == "simclr")
                {
                    stop.Cancel();
                }
            },
            cancellation: stop.Token));

        var difference = study.Accuracy(simClr)!.Mean - study.Accuracy(random)!.Mean;
        Assert.Equal(new MeanInterval(difference / 2, null, 1), study.Lead([(simClr, random), (random, random)]));
        Assert.Null(study.Lead([(simClr, random), (simClr, real)]));
    }
}
