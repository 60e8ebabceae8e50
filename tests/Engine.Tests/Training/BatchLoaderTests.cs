using StableRep.Engine.Augmentation;
using StableRep.Engine.Training;

namespace StableRep.Engine.Tests.Training;

public sealed class BatchLoaderTests
{
    private static readonly LoaderSettings Settings = new() { SetsPerBatch = 3, ImagesPerSet = 2, Resolution = 8, Seed = 11, Threads = 3 };

    [Fact]
    public void An_epoch_takes_every_set_once_with_images_drawn_without_replacement()
    {
        var loader = new BatchLoader(new TestSource([4, 4, 4, 4, 4, 4, 4]), Settings with { DropLast = false });
        var batches = Take(loader, default, loader.BatchesPerEpoch);
        Assert.Equal([6, 6, 2], batches.Select(batch => batch.Samples.Length));
        Assert.Equal(Enumerable.Range(0, 7), batches.SelectMany(batch => batch.Samples.Select(sample => sample.SetIndex)).Distinct().Order());
        Assert.All(batches, batch => Assert.Equal(batch.Samples.Length, batch.Samples.Distinct().Count()));
        Assert.All(batches, batch => Assert.Equal(batch.Samples, batch.Pixels));
        Assert.Equal([0, 0, 1, 1, 2, 2], batches[0].SetIds);
    }

    [Fact]
    public void The_last_sets_are_dropped_when_asked()
    {
        var loader = new BatchLoader(new TestSource([1, 1, 1, 1, 1, 1, 1]), Settings);
        Assert.Equal(2, loader.BatchesPerEpoch);
        var positions = Take(loader, default, 5).Select(batch => batch.Position);
        Assert.Equal([new(0, 0), new(0, 1), new(1, 0), new(1, 1), new LoaderPosition(2, 0)], positions);
    }

    [Fact]
    public void Sets_of_different_sizes_give_ragged_batches()
    {
        var loader = new BatchLoader(new TestSource([1, 2, 5]), Settings);
        var batch = Take(loader, default, 1)[0];
        Assert.Equal([1, 2, 2], batch.Samples.GroupBy(sample => sample.SetIndex).OrderBy(set => set.Key).Select(set => set.Count()));
        Assert.Equal(batch.Samples.Select(sample => 100 + sample.SetIndex), batch.SetIds.Select(id => batch.Captions[id]));
    }

    [Fact]
    public void Another_epoch_and_another_seed_give_another_order_and_other_images()
    {
        var source = new TestSource([.. Enumerable.Repeat(6, 30)]);
        var loader = new BatchLoader(source, Settings);
        var first = Take(loader, default, 10).SelectMany(batch => batch.Samples).ToArray();
        var second = Take(loader, new LoaderPosition(1, 0), 10).SelectMany(batch => batch.Samples).ToArray();
        var other = Take(new BatchLoader(source, Settings with { Seed = 12 }), default, 10).SelectMany(batch => batch.Samples).ToArray();
        Assert.NotEqual(first, second);
        Assert.NotEqual(first, other);
        Assert.NotEqual(first.Order(BySet), second.Order(BySet));
    }

    [Fact]
    public void The_batches_are_the_same_for_any_number_of_threads_and_from_any_position()
    {
        var source = new TestSource([.. Enumerable.Range(0, 20).Select(i => 1 + i % 4)]);
        var one = Take(new BatchLoader(source, Settings with { Threads = 1, PrefetchBatches = 1 }), default, 15);
        var many = Take(new BatchLoader(source, Settings with { Threads = 8, PrefetchBatches = 5 }), default, 15);
        Assert.Equal(one.Select(Describe), many.Select(Describe));

        var resumed = Take(new BatchLoader(source, Settings), one[8].Next, 6);
        Assert.Equal(one.Skip(9).Select(Describe), resumed.Select(Describe));
    }

    [Fact]
    public void A_resumed_run_sees_the_same_augmented_pixels_bit_by_bit()
    {
        var source = new TestSource([.. Enumerable.Repeat(5, 10)], side: 20);
        List<float[]> Augmented(LoaderPosition from, int count, int threads)
        {
            var loader = new BatchLoader(source, Settings with { Resolution = 20, Threads = threads });
            var augmenter = new Augmenter(AugmentationSettings.Strong(16), seed: 5);
            var seen = new List<float[]>();
            foreach (var batch in loader.Read(from).Take(count))
            {
                using var scope = TorchSharp.torch.NewDisposeScope();
                using (batch)
                {
                    seen.Add([.. augmenter.Apply(batch, view: 1, TorchSharp.torch.CPU).data<float>()]);
                }
            }

            return seen;
        }

        Assert.Equal(Augmented(default, 8, threads: 1).Skip(4), Augmented(new LoaderPosition(1, 1), 4, threads: 4));
    }

    [Fact]
    public void Ending_an_enumeration_at_any_moment_is_safe()
    {
        var source = new TestSource([.. Enumerable.Repeat(3, 40)]);
        var random = new Random(1);
        for (var round = 0; round < 60; round++)
        {
            using var cancel = new CancellationTokenSource();
            var loader = new BatchLoader(source, Settings with { Threads = 1 + round % 5, PrefetchBatches = 1 + round % 3 });
            try
            {
                cancel.CancelAfter(TimeSpan.FromMicroseconds(random.Next(1, 3000)));
                foreach (var batch in loader.Read(cancellationToken: cancel.Token).Take(random.Next(1, 20)))
                {
                    batch.Dispose();
                }
            }
            catch (OperationCanceledException)
            {
                Assert.True(cancel.IsCancellationRequested);
            }
        }
    }

    [Fact]
    public void An_unreadable_image_is_reported_and_leaves_its_set_smaller()
    {
        var source = new TestSource([2, 2, 2]) { Unreadable = (set, image) => set == 1 && image == 0 };
        var observer = new RecordingObserver();
        var batch = Take(new BatchLoader(source, Settings, observer), default, 1)[0];
        Assert.Equal(5, batch.Samples.Length);
        Assert.Equal(batch.Samples, batch.Pixels);
        Assert.DoesNotContain(new SampleKey(1, 0), batch.Samples);
        Assert.Equal(["Warning: Image 0 of caption 101 cannot be read and is left out: bad bytes"], observer.Lines);
    }

    [Fact]
    public void A_set_without_a_readable_image_leaves_the_batch()
    {
        var source = new TestSource([2, 2, 2]) { Unreadable = (set, _) => set == 1 };
        var batch = Take(new BatchLoader(source, Settings), default, 1)[0];
        Assert.Equal([100, 102], batch.Captions.Order());
        Assert.Equal([0, 0, 1, 1], batch.SetIds);
    }

    [Fact]
    public void A_batch_without_a_readable_image_is_left_out()
    {
        var source = new TestSource([1, 1, 1]) { Unreadable = (set, _) => set == 2 };
        var loader = new BatchLoader(source, Settings with { SetsPerBatch = 1 });
        Assert.Equal([0, 1], Take(loader, default, 4).Take(2).Select(batch => batch.Samples[0].SetIndex).Order());
    }

    [Fact]
    public void When_nothing_can_be_read_the_run_stops()
    {
        var loader = new BatchLoader(new TestSource([.. Enumerable.Repeat(2, 9)]) { Unreadable = (_, _) => true }, Settings);
        Assert.Contains("No image", Assert.Throws<InvalidDataException>(() => Take(loader, default, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_source_that_cannot_list_its_sets_stops_the_run() =>
        Assert.Contains("image source failed", Assert.Throws<InvalidDataException>(
            () => Take(new BatchLoader(new TestSource([-1, 2, 2]), Settings), default, 1)).Message, StringComparison.Ordinal);

    [Fact]
    public void Too_few_sets_for_a_batch_are_refused() =>
        Assert.Contains("lower SetsPerBatch", Assert.Throws<ArgumentException>(
            () => new BatchLoader(new TestSource([1, 1]), Settings)).Message, StringComparison.Ordinal);

    [Fact]
    public void Cancelling_ends_a_wait_and_the_threads()
    {
        using var cancel = new CancellationTokenSource();
        using var enough = new ManualResetEventSlim();
        var source = new TestSource([.. Enumerable.Repeat(2, 30)])
        {
            Unreadable = (_, _) =>
            {
                enough.Wait(TimeSpan.FromMilliseconds(30));
                return false;
            },
        };
        using var batches = new BatchLoader(source, Settings).Read(cancellationToken: cancel.Token).GetEnumerator();
        cancel.CancelAfter(20);
        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            while (batches.MoveNext())
            {
                batches.Current.Dispose();
            }
        });
    }

    [Fact]
    public void Only_so_many_batches_are_decoded_ahead()
    {
        var source = new TestSource([.. Enumerable.Repeat(1, 300)]);
        var loader = new BatchLoader(source, Settings with { ImagesPerSet = 1, PrefetchBatches = 2 });
        using var batches = loader.Read().GetEnumerator();
        Assert.True(batches.MoveNext());
        Thread.Sleep(100);
        batches.Current.Dispose();

        // One taken, two waiting, one that waits for room and whose images wait behind it.
        Assert.InRange(source.Reads, 3, 4 * 3);
    }

    [Fact]
    public void An_enumeration_leaves_no_tensor_behind_wherever_it_ends()
    {
        var loader = new BatchLoader(new TestSource([.. Enumerable.Repeat(2, 30)]) { Unreadable = (set, _) => set % 5 == 0 }, Settings);
        var before = LiveTensors.Count();
        foreach (var count in new[] { 1, 7, 25 })
        {
            Take(loader, default, count);
        }

        Assert.Equal(before, LiveTensors.Count());
    }

    [Fact]
    public void The_cache_decodes_a_small_source_once_and_a_large_one_as_far_as_it_goes()
    {
        var source = new TestSource([.. Enumerable.Repeat(2, 6)]);
        var cached = new BatchLoader(source, Settings with { CacheBytes = 1 << 20, Threads = 1 });
        var first = Take(cached, default, 2).Select(Describe).ToArray();
        var again = Take(cached, default, 2).Select(Describe).ToArray();
        Assert.Equal(12, source.Reads);
        Assert.Equal(first, again);

        var small = new BatchLoader(source, Settings with { CacheBytes = 5 * 8 * 8 * 3, Threads = 1 });
        Take(small, default, 2);
        var before = source.Reads;
        Assert.Equal(first, Take(small, default, 2).Select(Describe));
        Assert.InRange(source.Reads - before, 7, 40);
    }

    [Fact]
    public void Pictures_of_another_size_are_scaled_to_the_resolution()
    {
        var batch = Take(new BatchLoader(new TestSource([2, 2, 2], side: 20), Settings), default, 1)[0];
        Assert.Equal([6, 3, 8, 8], batch.Shape);
        Assert.Equal(batch.Samples, batch.Pixels);
    }

    private static Comparer<SampleKey> BySet =>
        Comparer<SampleKey>.Create((a, b) => (a.SetIndex, a.Image).CompareTo((b.SetIndex, b.Image)));

    private static string Describe(Seen batch) =>
        $"{batch.Position} {string.Join(' ', batch.Samples)} {string.Join(' ', batch.SetIds)} {string.Join(' ', batch.Pixels)}";

    private static List<Seen> Take(BatchLoader loader, LoaderPosition from, int count)
    {
        var seen = new List<Seen>();
        foreach (var batch in loader.Read(from).Take(count))
        {
            using (batch)
            {
                seen.Add(Seen.Of(batch));
            }
        }

        return seen;
    }

    private sealed record Seen(
        LoaderPosition Position, LoaderPosition Next, SampleKey[] Samples, SampleKey[] Pixels, int[] SetIds, int[] Captions, long[] Shape)
    {
        public static Seen Of(TrainingBatch batch) => new(
            batch.Position,
            batch.Next,
            [.. batch.Samples],
            Identities(batch.Images),
            [.. batch.SetIds],
            [.. batch.Sets.Select(set => set.CaptionIndex)],
            batch.Images.shape);

        private static SampleKey[] Identities(TorchSharp.torch.Tensor images)
        {
            using var scope = TorchSharp.torch.NewDisposeScope();
            return [.. Enumerable.Range(0, (int)images.shape[0]).Select(row =>
                new SampleKey(images[row, 0, 3, 5].item<byte>(), images[row, 1, 7, 0].item<byte>()))];
        }
    }
}
