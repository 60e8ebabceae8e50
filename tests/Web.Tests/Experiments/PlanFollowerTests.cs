using StableRep.Api.Experiments;
using StableRep.Api.ImageSets;
using StableRep.Engine.Training;
using StableRep.Web.Experiments;

namespace StableRep.Web.Tests.Experiments;

public sealed class PlanFollowerTests
{
    private readonly List<string> _asked = [];

    [Fact]
    public async Task Only_the_last_of_quick_changes_is_asked_about()
    {
        using var follower = Follower();
        Task[] all = [follower.FollowAsync(Wanted("a")), follower.FollowAsync(Wanted("ab")), follower.FollowAsync(Wanted("abc"))];
        Assert.True(follower.IsAsking);
        await Task.WhenAll(all);
        Assert.Equal(["abc"], _asked);
        Assert.True(follower is { IsRight: true, Plan.Images: 3 }, $"{follower.Plan}");
    }

    [Fact]
    public async Task A_slow_answer_to_an_older_question_is_never_shown()
    {
        var slow = new TaskCompletionSource<IReadOnlyDictionary<string, string>>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var follower = Follower(wanted => wanted.Name == "old" ? slow.Task : Task.FromResult(None));
        var first = follower.FollowAsync(Wanted("old"));
        while (_asked.Count == 0)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        await follower.FollowAsync(Wanted("newer"));
        slow.SetResult(new Dictionary<string, string> { ["name"] = "late" });
        await first;
        Assert.True(follower is { IsRight: true, Plan.Images: 5 }, $"{follower.Plan}");
        Assert.Empty(follower.Problems);
    }

    [Fact]
    public async Task Problems_are_said_and_no_plan_is_asked_for()
    {
        using var follower = Follower(_ => Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string> { ["steps"] = "no" }));
        await follower.FollowAsync(Wanted("x"));
        Assert.Equal(("no", false), (follower.Problems["steps"], follower.IsRight));
        Assert.Null(follower.Plan);
    }

    [Fact]
    public async Task An_error_is_kept_until_the_next_answer()
    {
        var broken = true;
        using var follower = Follower(_ => broken ? throw new InvalidOperationException("away") : Task.FromResult(None));
        await follower.FollowAsync(Wanted("x"));
        Assert.Equal("away", follower.Error?.Message);
        broken = false;
        await follower.FollowAsync(Wanted("x"));
        Assert.True(follower is { IsRight: true, Error: null });
    }

    private static IReadOnlyDictionary<string, string> None => new Dictionary<string, string>();

    private PlanFollower<NewExperiment, ExperimentPlan> Follower(Func<NewExperiment, Task<IReadOnlyDictionary<string, string>>>? check = null) => new(
        (wanted, _) =>
        {
            _asked.Add(wanted.Name);
            return check?.Invoke(wanted) ?? Task.FromResult(None);
        },
        (wanted, _) => Task.FromResult(new ExperimentPlan(wanted.Name.Length, 0, 0, 0, null, null, 0, 0, null)),
        TimeProvider.System,
        () => { });

    private static NewExperiment Wanted(string name) => new()
    {
        Name = name,
        Images = new ImageSetSettings { CaptionSetId = default, GeneratorId = default },
        Recipe = TrainingRecipes.Named("demo"),
    };
}
