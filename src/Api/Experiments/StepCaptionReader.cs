using Npgsql;
using StableRep.Data.Experiments;
using StableRep.Data.Metrics;
using StableRep.Engine.Training;

namespace StableRep.Api.Experiments;

/// <summary>
/// Says on which captions steps of a training trained. This is not written down: it follows from the recipe's seed and the images that were
/// fixed when the training first started, as the training itself follows from them.
/// </summary>
public sealed class StepCaptionReader(NpgsqlDataSource source)
{
    /// <summary>The captions of the batches from one step to another, in the order of their numbers; none before the training has begun.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="from">The first step, from 1.</param>
    /// <param name="to">The last step.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public async Task<StepCaptions> ReadAsync(Experiment experiment, long from, long to, CancellationToken cancellationToken = default)
    {
        var recipe = TrainingRecipe.Parse(experiment.Recipe);
        var sets = await TrainedAsync(experiment.Id, TrainingMethods.FewestImages(recipe.Method), cancellationToken);
        return new StepCaptions(from, to, Between(TrainingOrder.Of(recipe, sets.Count), sets, Math.Max(1, from), to));
    }

    private static IReadOnlyCollection<int> Between(TrainingOrder order, IReadOnlyList<int> sets, long from, long to)
    {
        if (order.BatchesPerEpoch == 0 || to < from)
        {
            return [];
        }

        // Two passes without the sets that one of them leaves over are as good as all.
        if (to - from >= 2L * order.BatchesPerEpoch)
        {
            return sets;
        }

        var captions = new SortedSet<int>();
        for (var step = from; step <= to; step++)
        {
            foreach (var set in order.Sets(step))
            {
                captions.Add(sets[set]);
            }
        }

        return captions;
    }

    /// <summary>The captions with enough images, in the order in which the training numbers them.</summary>
    private async Task<IReadOnlyList<int>> TrainedAsync(Guid experimentId, int fewestImages, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            SELECT i.caption_index FROM app.training_selections t JOIN app.images i ON i.shard_id = ANY(t.shard_ids)
            WHERE t.experiment_id = $1 AND i.id <> ALL(t.rejected_ids)
            GROUP BY i.caption_index HAVING count(*) >= $2 ORDER BY i.caption_index
            """);
        command.Parameters.Add(new() { Value = experimentId });
        command.Parameters.Add(new() { Value = (long)fewestImages });
        var captions = new List<int>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            captions.Add(reader.GetInt32(0));
        }

        return captions;
    }
}
