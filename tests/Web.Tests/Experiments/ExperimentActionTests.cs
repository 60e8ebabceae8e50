using StableRep.Data.Experiments;
using StableRep.Web.Experiments;

namespace StableRep.Web.Tests.Experiments;

/// <summary>Which buttons an experiment has.</summary>
public sealed class ExperimentActionTests
{
    [Theory]
    [InlineData(ExperimentState.Draft, "Launch", "Delete")]
    [InlineData(ExperimentState.Training, "Pause", "Cancel")]
    [InlineData(ExperimentState.Paused, "Resume", "Cancel")]
    [InlineData(ExperimentState.Failed, "Try again", "Delete")]
    [InlineData(ExperimentState.Done, "Delete")]
    public void Of_a_state_are_what_the_state_allows(ExperimentState state, params string[] names) =>
        Assert.Equal(names, ExperimentAction.Of(state).Select(action => action.Name));

    [Fact]
    public void What_cannot_be_taken_back_asks_first() => Assert.All(
        Enum.GetValues<ExperimentState>().SelectMany(ExperimentAction.Of).Where(action => action.IsDangerous), action => Assert.NotNull(action.Question));
}
