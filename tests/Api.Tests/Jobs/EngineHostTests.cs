using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StableRep.Api.Hosting;
using StableRep.Api.Jobs;
using StableRep.Engine.Diffusion;
using StableRep.Engine.Tests;

namespace StableRep.Api.Tests.Jobs;

public sealed class EngineHostTests
{
    private static readonly string First = ParityCases.Path("models/tiny-sd");
    private static readonly string Second = ParityCases.Path("models/tiny-sd2");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_gives_way_pauses_for_who_goes_first_and_finds_its_generator_loaded_as_it_was()
    {
        using var engine = new EngineHost(Options.Create(new EngineOptions { Device = "cpu", Threads = 1 }), NullLogger<EngineHost>.Instance);
        var order = new List<string>();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var waiting = new ManualResetEventSlim();
        var patient = engine.UseAsync(
            First,
            GeneratorHash.OfFolder(First),
            generator =>
            {
                order.Add("begin");
                begun.SetResult();
                waiting.Wait(Stop);
                while (order.Count < 2)
                {
                    engine.GiveWay(Stop);
                }

                order.Add(generator.UNet.Config.InChannels > 0 ? "go on" : "lost");
                return 0;
            },
            Stop);
        await begun.Task;
        var urgent = engine.UseFirstAsync(
            Second,
            GeneratorHash.OfFolder(Second),
            _ =>
            {
                order.Add("first");
                return 0;
            },
            Stop);
        waiting.Set();
        await Task.WhenAll(patient, urgent);
        Assert.Equal(["begin", "first", "go on"], order);
    }

    [Fact]
    public async Task GiveWay_with_nobody_waiting_returns_at_once()
    {
        using var engine = new EngineHost(Options.Create(new EngineOptions { Device = "cpu", Threads = 1 }), NullLogger<EngineHost>.Instance);
        var done = await engine.UseAsync(
            First,
            GeneratorHash.OfFolder(First),
            _ =>
            {
                engine.GiveWay(Stop);
                return true;
            },
            Stop);
        Assert.True(done);
    }
}
