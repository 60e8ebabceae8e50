using System.Globalization;
using Microsoft.EntityFrameworkCore;
using StableRep.Data;

namespace StableRep.Api.Storage;

/// <summary>
/// Says whose an artifact is. Attempt numbers only rise and a worker may record only under the current one while its work runs, so that a
/// file of another attempt that no row names can never come into use again. What is not understood is somebody's.
/// </summary>
internal sealed class ArtifactOwners
{
    private readonly Dictionary<Guid, bool> _sets = [];
    private readonly HashSet<string> _shardKeys = new(StringComparer.Ordinal);
    private readonly HashSet<(Guid Set, int Index, int Attempt)> _writing = [];
    private readonly Dictionary<Guid, (string? Key, int? Writing)> _encoders = [];
    private readonly Dictionary<Guid, bool> _previews = [];

    private ArtifactOwners()
    {
    }

    /// <summary>The image sets that no experiment uses and nobody has judged, made before a time.</summary>
    public static IQueryable<Data.ImageSets.ImageSet> Unused(StudioDbContext store, DateTimeOffset before) => store.ImageSets.Where(set =>
        set.CreatedAt < before
        && !store.Experiments.Any(experiment => experiment.ImageSetId == set.Id)
        && !store.Shards.Any(shard => shard.ImageSetId == set.Id && shard.State == WorkState.Running)
        && !store.ReviewMarks.Any(mark => store.Images.Any(image => image.Id == mark.ImageId && image.ImageSetId == set.Id)));

    /// <summary>Previews that are over, asked for before a time.</summary>
    public static IQueryable<Data.Playground.Preview> Old(StudioDbContext store, DateTimeOffset before) => store.Previews.Where(preview =>
        preview.CreatedAt < before
        && preview.State != Data.Playground.PreviewState.Running && preview.State != Data.Playground.PreviewState.Pending);

    /// <summary>Reads who owns what. Files must be listed before: one whose owner came later is then not among them.</summary>
    public static async Task<ArtifactOwners> ReadAsync(StudioDbContext store, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var owners = new ArtifactOwners();
        var unused = await Unused(store, before).Select(set => set.Id).ToHashSetAsync(cancellationToken);
        foreach (var id in await store.ImageSets.Select(set => set.Id).ToListAsync(cancellationToken))
        {
            owners._sets[id] = unused.Contains(id);
        }

        await foreach (var shard in store.Shards.Where(row => row.ArtifactKey != null || row.State == WorkState.Running)
            .Select(row => new { row.ImageSetId, row.Index, row.Attempt, row.State, row.ArtifactKey }).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            if (shard.ArtifactKey is { } key)
            {
                owners._shardKeys.Add(key);
            }

            if (shard.State == WorkState.Running)
            {
                owners._writing.Add((shard.ImageSetId, shard.Index, shard.Attempt));
            }
        }

        foreach (var row in await store.Experiments.Select(row => new { row.Id, row.EncoderKey, row.TrainingState, row.Attempt }).ToListAsync(cancellationToken))
        {
            owners._encoders[row.Id] = (row.EncoderKey, row.TrainingState == WorkState.Running ? row.Attempt : null);
        }

        var old = await Old(store, before).Select(preview => preview.Id).ToHashSetAsync(cancellationToken);
        foreach (var id in await store.Previews.Select(preview => preview.Id).ToListAsync(cancellationToken))
        {
            owners._previews[id] = old.Contains(id);
        }

        return owners;
    }

    /// <summary>The kind of thing that a file belongs to, with that thing's id; null where it is none of the studio's.</summary>
    public (StorageKind Kind, Guid Id)? Of(string key)
    {
        var parts = key.Split('/');
        if (parts.Length < 3 || !Guid.TryParse(parts[1], out var id))
        {
            return null;
        }

        return parts[0] switch
        {
            "image-sets" => (!_sets.TryGetValue(id, out var isUnused) ? StorageKind.OrphanFiles
                : isUnused ? StorageKind.UnusedImageSets
                : _shardKeys.Contains(key) || !IsLostShard(id, parts[2]) ? StorageKind.ImageSets
                : StorageKind.OrphanFiles, id),
            "encoders" => (!_encoders.TryGetValue(id, out var encoder) ? StorageKind.OrphanFiles
                : key.StartsWith($"{encoder.Key}/", StringComparison.Ordinal) || !int.TryParse(parts[2], CultureInfo.InvariantCulture, out var attempt)
                    || attempt == encoder.Writing ? StorageKind.Encoders
                : StorageKind.OrphanFiles, id),
            "previews" => (!_previews.TryGetValue(id, out var isOld) ? StorageKind.OrphanFiles : isOld ? StorageKind.OldPreviews : StorageKind.Previews, id),
            _ => null,
        };
    }

    private bool IsLostShard(Guid set, string file)
    {
        var name = file.Split('-', '.');
        return name is [var index, var attempt, "tar"]
            && int.TryParse(index, CultureInfo.InvariantCulture, out var number)
            && int.TryParse(attempt, CultureInfo.InvariantCulture, out var token)
            && !_writing.Contains((set, number, token));
    }
}
