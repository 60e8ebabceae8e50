using StableRep.Engine.Checkpoints;
using StableRep.Parity;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests;

/// <summary>The judge of the reference cases: what it lets pass and what not.</summary>
public sealed class ParityRunnerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    [Theory]
    [InlineData("""{"rel_l2":0.01}""", 0.001, true)]
    [InlineData("""{"rel_l2":0.01}""", 0.1, false)]
    [InlineData("""{"max_abs":0.1}""", 0.05, true)]
    [InlineData("""{"max_abs":0.1}""", 0.2, false)]
    [InlineData("""{"max_abs":0.1,"rel_l2":0.0001}""", 0.05, false)]
    [InlineData("{}", 0, true)]
    [InlineData("{}", 1e-7, false)]
    public void An_output_passes_within_the_cases_tolerance(string tolerance, double difference, bool passes)
    {
        using var parity = Case(tolerance, ("x", tensor(new[] { 3.0, 4.0 })));
        var outcome = ParityRunner.Compare(parity, Outputs(("x", tensor(new[] { 3.0, 4.0 + difference }))));
        Assert.Equal(passes, outcome.Passed);
        Assert.Equal(difference, outcome.MaxAbs, 1e-12);
        Assert.Equal(difference / 5, outcome.RelativeL2, 1e-12);
    }

    [Fact]
    public void A_missing_and_an_extra_output_fail()
    {
        using var parity = Case("""{"rel_l2":1}""", ("x", ones(1)), ("y", ones(1)));
        var outcome = ParityRunner.Compare(parity, Outputs(("x", ones(1)), ("z", ones(1))));
        Assert.Equal("missing outputs: [y], unexpected outputs: [z]", outcome.Reason);
        Assert.Equal("group/case NaN NaN FAIL", outcome.ToString());
    }

    [Fact]
    public void A_shape_that_would_broadcast_fails()
    {
        using var parity = Case("""{"rel_l2":1}""", ("x", ones(2, 3)));
        Assert.False(ParityRunner.Compare(parity, Outputs(("x", ones(3)))).Passed);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_result_that_is_not_finite_fails(double value)
    {
        using var parity = Case("""{"rel_l2":1000000}""", ("x", ones(2)), ("y", ones(2)));
        Assert.False(ParityRunner.Compare(parity, Outputs(("x", tensor(new[] { 1, value })), ("y", ones(2)))).Passed);
    }

    [Fact]
    public void The_worst_output_counts_and_each_is_judged_by_itself()
    {
        using var parity = Case("""{"rel_l2":0.01}""", ("large", full(4, 1000.0)), ("small", full(4, 0.001)));
        var outcome = ParityRunner.Compare(parity, Outputs(("large", full(4, 1000.0)), ("small", full(4, 0.002))));
        Assert.False(outcome.Passed);
        Assert.Equal(1, outcome.RelativeL2, 1e-6);
    }

    [Fact]
    public void A_zero_reference_passes_only_as_zero()
    {
        using var parity = Case("""{"rel_l2":0.01}""", ("x", zeros(3)));
        Assert.True(ParityRunner.Compare(parity, Outputs(("x", zeros(3)))).Passed);
        Assert.False(ParityRunner.Compare(parity, Outputs(("x", full(3, 1e-9)))).Passed);
    }

    [Fact]
    public void RunAll_prints_a_line_a_case_and_tells_by_its_exit_code()
    {
        Case("{}", ("x", zeros(1))).Dispose();
        Directory.CreateDirectory(_folder.File("models"));
        File.WriteAllText(_folder.File("models/config.json"), "{}");
        File.WriteAllText(_folder.File("group/broken.json"), "{");
        using var output = new StringWriter();
        using var errors = new StringWriter();
        Assert.Equal(1, ParityRunner.RunAll(_folder.Path, [], output, errors));
        Assert.Equal(["group/broken NaN NaN FAIL", "group/case NaN NaN FAIL"], output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("the kind 'nothing' is unknown", errors.ToString(), StringComparison.Ordinal);
        Assert.Equal(2, ParityRunner.RunAll(_folder.Path, ["no such case"], output, errors));
        Assert.Equal(2, ParityRunner.RunAll(_folder.File("no"), [], output, errors));
    }

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    private static Dictionary<string, Tensor> Outputs(params (string Name, Tensor Value)[] outputs) => outputs.ToDictionary(output => output.Name, output => output.Value);

    private ParityCase Case(string tolerance, params (string Name, Tensor Value)[] outputs)
    {
        Directory.CreateDirectory(_folder.File("group"));
        File.WriteAllText(_folder.File("group/case.json"), $$"""{"kind":"nothing","tolerance":{{tolerance}}}""");
        SafetensorsWriter.Write(_folder.File("group/case.safetensors"), outputs.ToDictionary(output => "out." + output.Name, output => output.Value));
        return ParityCase.Load(_folder.Path, "group/case");
    }
}
