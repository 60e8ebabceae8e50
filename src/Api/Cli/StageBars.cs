using Spectre.Console;
using StableRep.Engine.Training;

namespace StableRep.Api.Cli;

/// <summary>Shows a run's stages as progress bars, and its warnings above them.</summary>
/// <param name="context">The bars.</param>
/// <param name="console">The terminal.</param>
/// <param name="titles">What each stage is called; a stage without a title is not shown.</param>
internal sealed class StageBars(ProgressContext context, IAnsiConsole console, IReadOnlyDictionary<string, string> titles) : IRunObserver
{
    private readonly Dictionary<string, ProgressTask> _bars = new(StringComparer.Ordinal);

    /// <summary>Runs work under bars.</summary>
    public static Task RunAsync(IAnsiConsole console, IReadOnlyDictionary<string, string> titles, Func<StageBars, Task> work) =>
        console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new ElapsedTimeColumn())
            .StartAsync(context => work(new StageBars(context, console, titles)));

    public void Progress(RunProgress progress)
    {
        if (!titles.TryGetValue(progress.Stage, out var title))
        {
            return;
        }

        if (!_bars.TryGetValue(progress.Stage, out var bar))
        {
            _bars[progress.Stage] = bar = context.AddTask(Markup.Escape(title), maxValue: Math.Max(1, progress.Total));
        }

        bar.MaxValue = Math.Max(1, progress.Total);
        bar.Value = progress.Done;
        bar.Description = Markup.Escape($"{title}: {progress.Done:N0} of {progress.Total:N0} {progress.Unit}");
    }

    public void Log(RunLogLevel level, string message)
    {
        if (level != RunLogLevel.Information)
        {
            console.MarkupLineInterpolated($"[yellow]{message}[/]");
        }
    }
}
