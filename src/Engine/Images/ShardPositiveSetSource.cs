using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Text.Json;
using StableRep.Engine.Training;

namespace StableRep.Engine.Images;

/// <summary>
/// The positive sets of an image set's shards: images whose records name one caption index make one set, in the order of their indices. Samples
/// of other tools have no record and make a set each. Thread-safe.
/// </summary>
public sealed class ShardPositiveSetSource : IPositiveSetSource
{
    private static readonly string[] CaptionKeys = ["caption", "text", "prompt"];
    private readonly IReadOnlyList<ShardReader> _shards;
    private readonly long _maxPixels;
    private readonly PositiveSet[] _sets;
    private readonly int[] _first;
    private readonly Place[] _images;

    /// <summary>Reads the shards' captions, records and labels, several shards at once; no image is read yet.</summary>
    /// <param name="shards">The shards.</param>
    /// <param name="isExcluded">
    /// Whether the image of a caption index and image index is left out (rejected in review); its set is then smaller, and a set without
    /// images is left out. Null leaves nothing out.
    /// </param>
    /// <param name="maxPixels">The largest picture to decode.</param>
    /// <exception cref="ShardException">A shard is damaged, or two samples are the same image of the same caption.</exception>
    public ShardPositiveSetSource(
        IReadOnlyList<ShardReader> shards, Func<int, int, bool>? isExcluded = null, long maxPixels = ImageCodec.DefaultMaxPixels)
    {
        (_shards, _maxPixels) = (shards, maxPixels);
        var samples = Samples(shards);
        samples.RemoveAll(sample => isExcluded?.Invoke(sample.CaptionIndex, sample.ImageIndex) ?? false);
        _images = [.. samples.Select(sample => sample.Place)];
        var sets = samples.Index().GroupBy(sample => sample.Item.CaptionIndex).ToArray();
        _sets = Array.ConvertAll(sets, set => new PositiveSet(set.Key, set.First().Item.Caption, set.Count(), set.First().Item.Label));
        _first = Array.ConvertAll(sets, set => set.First().Index);
    }

    /// <inheritdoc/>
    public int Count => _sets.Length;

    /// <inheritdoc/>
    public PositiveSet Get(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return _sets[index];
    }

    /// <inheritdoc/>
    /// <exception cref="ShardException">The shard cannot be read.</exception>
    /// <exception cref="InvalidImageException">The file is no readable picture.</exception>
    public PixelImage Read(int index, int image)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(image);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(image, Get(index).ImageCount);
        var place = _images[_first[index] + image];
        return ImageCodec.Decode(_shards[place.Shard].Read(new ShardFile("", place.Offset, place.Length)), _maxPixels);
    }

    /// <summary>Every image, sorted by caption and image index; those without a record are numbered after the others, in the shards' order.</summary>
    private static List<Sample> Samples(IReadOnlyList<ShardReader> shards)
    {
        var all = ReadAll(shards);
        var next = all.Count == 0 ? 0 : all.Max(sample => sample.CaptionIndex) + 1;
        for (var i = 0; i < all.Count; i++)
        {
            if (all[i].CaptionIndex < 0)
            {
                all[i] = all[i] with { CaptionIndex = next++ };
            }
        }

        all.Sort((a, b) => (a.CaptionIndex, a.ImageIndex).CompareTo((b.CaptionIndex, b.ImageIndex)));
        foreach (var (sample, before) in all.Skip(1).Zip(all))
        {
            if ((sample.CaptionIndex, sample.ImageIndex) == (before.CaptionIndex, before.ImageIndex))
            {
                throw new ShardException(shards[sample.Place.Shard].Name, sample.Place.Offset,
                    $"image {sample.ImageIndex} of caption {sample.CaptionIndex} is also in {shards[before.Place.Shard].Name}, byte {before.Place.Offset:N0}");
            }
        }

        return all;
    }

    private static List<Sample> ReadAll(IReadOnlyList<ShardReader> shards)
    {
        var read = new List<Sample>[shards.Count];
        try
        {
            Parallel.For(0, shards.Count, shard => read[shard] = [.. Samples(shards[shard], shard)]);
        }
        catch (AggregateException exception) when (exception.InnerException is { } first)
        {
            ExceptionDispatchInfo.Throw(first);
        }

        return [.. read.SelectMany(samples => samples)];
    }

    private static IEnumerable<Sample> Samples(ShardReader shard, int number)
    {
        foreach (var sample in shard.Index.Samples)
        {
            if (sample.Image is not { } image)
            {
                continue;
            }

            var json = sample.Find("json") is { } file ? shard.Read(file) : [];
            var place = new Place(number, image.Offset, image.Length);
            yield return GenerationRecord.TryParse(json) is { CaptionIndex: >= 0 } record
                ? new Sample(record.CaptionIndex, record.ImageIndex, record.Caption, Label(shard, sample), place)
                : new Sample(-1, 0, Caption(shard, sample, json), Label(shard, sample), place);
        }
    }

    private static string Caption(ShardReader shard, ShardSample sample, byte[] json) =>
        sample.Find("txt") is { } text ? Encoding.UTF8.GetString(shard.Read(text)).Trim() : CaptionOf(json) ?? "";

    private static string? CaptionOf(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? CaptionKeys
                    .Select(key => document.RootElement.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String
                        ? value.GetString()
                        : null)
                    .FirstOrDefault(caption => caption is not null)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static int? Label(ShardReader shard, ShardSample sample)
    {
        if (sample.Find("cls") is not { } file)
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(shard.Read(file)).Trim();
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var label)
            ? label
            : throw new ShardException(shard.Name, file.Offset, $"the class of '{sample.Key}' is no number: '{text}'");
    }

    private readonly record struct Place(int Shard, long Offset, int Length);

    private sealed record Sample(int CaptionIndex, int ImageIndex, string Caption, int? Label, Place Place);
}
