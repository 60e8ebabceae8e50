using StableRep.Api.ImageSets;
using StableRep.Data.Experiments;
using StableRep.Data.Metrics;

namespace StableRep.Api.Experiments;

/// <summary>Reads which captions are hard, and which ones are behind a spike of the loss, with their images.</summary>
public sealed class CaptionLossReader(CaptionLossTable losses, StepCaptionReader steps, MetricCurves curves, PositiveSetReader sets)
{
    private const string Loss = "train/loss";

    /// <summary>The captions of the highest losses.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="order">By which loss.</param>
    /// <param name="from">The first of the steps whose batches are looked at; null for the training's first one.</param>
    /// <param name="to">The last of them; null for the training's last one. With neither all captions are looked at.</param>
    /// <param name="count">The most captions.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<CaptionLosses> ReadAsync(
        Experiment experiment, CaptionLossOrder order, long? from, long? to, int count, CancellationToken cancellationToken = default)
    {
        MetricSample? highest = null;
        StepCaptions? among = null;
        if (from is not null || to is not null)
        {
            var (first, last) = (Math.Max(1, from ?? 1), to ?? long.MaxValue);
            highest = await curves.HighestAsync(experiment.Id, Loss, first, last, cancellationToken);
            among = highest is null ? new StepCaptions(first, last, []) : await steps.ReadAsync(experiment, first, last, cancellationToken);
        }

        var rows = await losses.HighestAsync(experiment.Id, order, count, among, cancellationToken);
        var images = (await sets.ReadAsync(experiment.ImageSetId, [.. rows.Select(row => row.CaptionIndex)], cancellationToken)).ToDictionary(set => set.CaptionIndex);
        return new CaptionLosses(
            [.. rows.Where(row => images.ContainsKey(row.CaptionIndex)).Select(row => new CaptionLossView(row, images[row.CaptionIndex], among?.Of(row)))], among?.Captions.Count, highest);
    }
}

/// <summary>The captions of the highest losses.</summary>
/// <param name="Rows">The captions in order.</param>
/// <param name="Trained">The captions on which the steps that are looked at trained; null where all captions are looked at.</param>
/// <param name="Highest">The step of the highest loss among these, or null where there is none.</param>
public sealed record CaptionLosses(IReadOnlyList<CaptionLossView> Rows, int? Trained, MetricSample? Highest);

/// <summary>One caption with its losses and images.</summary>
/// <param name="Loss">The losses that are kept: the highest and the last one.</param>
/// <param name="Set">The caption and its images.</param>
/// <param name="Here">
/// The caption's loss in the steps that are looked at, where it is one of those two; null where it is not kept, or all captions are looked at.
/// </param>
public sealed record CaptionLossView(CaptionLossRow Loss, PositiveSet Set, float? Here);
