using Microsoft.EntityFrameworkCore;
using Npgsql;
using StableRep.Api.Generators;
using StableRep.Api.Storage;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Data.ImageSets;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Training;

namespace StableRep.Api.Experiments;

/// <summary>Says what launching an experiment takes, before it is launched.</summary>
public sealed class ExperimentPlanner(
    IDbContextFactory<StudioDbContext> stores, NpgsqlDataSource source, GeneratorService generators, DataDisk disk)
{
    private const double Reserve = 1.1;

    // PNG files of pictures with little noise take about half of their raw size.
    private const double BytesPerPixel = 1.5;

    /// <summary>The plan of an experiment.</summary>
    public async Task<ExperimentPlan> PlanAsync(Experiment experiment, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var set = await store.ImageSets.AsNoTracking().Include(row => row.Shards).SingleAsync(row => row.Id == experiment.ImageSetId, cancellationToken);
        return await PlanAsync(set, TrainingRecipe.Parse(experiment.Recipe), experiment.TrainingState == WorkState.Done, cancellationToken);
    }

    /// <summary>The plan of training on an image set, which need not be in the store yet.</summary>
    /// <param name="set">The image set with its shards.</param>
    /// <param name="recipe">The recipe.</param>
    /// <param name="trained">Whether the training is done.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<ExperimentPlan> PlanAsync(ImageSet set, TrainingRecipe recipe, bool trained = false, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var generator = await store.Generators.AsNoTracking().SingleAsync(row => row.Id == set.GeneratorId, cancellationToken);
        var missing = set.Shards.Where(shard => shard.ArtifactKey is null && !shard.Regenerates).ToList();
        var missingImages = missing.Sum(shard => (long)shard.CaptionCount * set.ImagesPerPrompt);
        var batches = set.CaptionCount / recipe.SetsPerBatch;
        var steps = batches == 0 ? 0 : Math.Max(1, (long)Math.Round(recipe.Epochs * batches));
        var (perEvaluation, perImage) = await GenerationSpeedAsync(generator.Id, cancellationToken);
        var imagesPerSecond = await TrainingSpeedAsync(recipe, cancellationToken);
        var evaluations = (double)missingImages * set.Steps * (set.GuidanceScale == 1 ? 1 : 2);
        var needed = (long)(missingImages * (perImage ?? BytesPerPixel * generator.ImageSize * generator.ImageSize)) + (trained ? 0 : KeptBytes(recipe) + PassingBytes(recipe));
        var free = disk.UsableBytes();
        return new ExperimentPlan(
            (long)set.CaptionCount * set.ImagesPerPrompt,
            missingImages,
            missing.Count,
            steps,
            missingImages == 0 ? 0 : evaluations * perEvaluation,
            trained ? 0 : steps * recipe.SetsPerBatch * Math.Min(recipe.ImagesPerSet, set.ImagesPerPrompt) / imagesPerSecond,
            needed,
            free,
            Refusal());

        string? Refusal()
        {
            if (batches == 0)
            {
                return $"A batch takes {recipe.SetsPerBatch} captions and the image set has {set.CaptionCount}: lower the recipe's setsPerBatch, or use more captions.";
            }

            if (recipe.Method is "stablerep" or "stablerep+" && set.ImagesPerPrompt < 2)
            {
                return $"{recipe.Method} needs at least 2 images per prompt, which are each other's positives.";
            }

            if (needed * Reserve > free)
            {
                return $"It needs {needed / 1e9:0.0} GB and the disk of the data folder has room for {free / 1e9:0.0} GB: make room, or plan fewer images.";
            }

            try
            {
                generators.FolderOf(generator);
                return null;
            }
            catch (CheckpointException exception) when (missingImages > 0)
            {
                return exception.Message;
            }
        }
    }

    /// <summary>The space of an encoder, which stays.</summary>
    internal static long KeptBytes(TrainingRecipe recipe) => Weights(recipe) * sizeof(float);

    /// <summary>The space of a training under way: two checkpoints of weights, average and two moments, and one in the making.</summary>
    internal static long PassingBytes(TrainingRecipe recipe) => Weights(recipe) * sizeof(float) * 3 * 4;

    private static long Weights(TrainingRecipe recipe)
    {
        var shape = recipe.BackboneConfig();
        return ((long)shape.Depth * ((4L * shape.Width * shape.Width) + (2L * shape.Width * shape.MlpWidth)))
            + (2L * recipe.ProjectorHidden * recipe.ProjectorHidden);
    }

    private async Task<(double? SecondsPerEvaluation, double? BytesPerImage)> GenerationSpeedAsync(Guid generatorId, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            SELECT sum(seconds) / sum(images * evaluations), sum(length) / sum(images) FROM (
                SELECT s.seconds, s.length::float8 AS length, (s.caption_count * i.images_per_prompt)::float8 AS images,
                    (i.steps * CASE WHEN i.guidance_scale = 1 THEN 1 ELSE 2 END)::float8 AS evaluations
                FROM app.shards s JOIN app.image_sets i ON i.id = s.image_set_id
                WHERE i.generator_id = $1 AND s.state = 'done' AND s.seconds > 0 AND NOT s.regenerates ORDER BY s.finished_at DESC LIMIT 50) recent
            """);
        command.Parameters.Add(new() { Value = generatorId });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) && !reader.IsDBNull(0) ? (reader.GetDouble(0), reader.GetDouble(1)) : (null, null);
    }

    private async Task<double?> TrainingSpeedAsync(TrainingRecipe recipe, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            SELECT avg(p.value) FROM (
                SELECT m.id FROM app.experiments e JOIN app.metric_series m ON m.experiment_id = e.id AND m.name = 'train/images-per-second'
                WHERE e.recipe->>'method' = $1 AND e.recipe->>'backbone' = $2
                    AND e.recipe->'backboneShape' = ($3::jsonb)->'backboneShape'
                ORDER BY e.created_at DESC LIMIT 3) series
            CROSS JOIN LATERAL (SELECT value FROM app.metric_points WHERE series_id = series.id ORDER BY step DESC LIMIT 200) p
            """);
        command.Parameters.Add(new() { Value = recipe.Method });
        command.Parameters.Add(new() { Value = recipe.Backbone });
        command.Parameters.Add(new() { Value = recipe.ToJson() });
        return await command.ExecuteScalarAsync(cancellationToken) is double speed and > 0 ? speed : null;
    }
}
