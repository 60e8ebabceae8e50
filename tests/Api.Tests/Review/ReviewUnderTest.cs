using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Review;
using StableRep.Data;
using StableRep.Data.Accounts;
using StableRep.Data.Hosting;
using StableRep.Data.ImageSets;
using StableRep.Testing;

namespace StableRep.Api.Tests.Review;

/// <summary>An image set of twelve captions with two images each, whose pictures nobody looks at, and three people.</summary>
internal sealed class ReviewUnderTest : IAsyncDisposable
{
    private ReviewUnderTest(StudioUnderTest studio) => Studio = studio;

    public StudioUnderTest Studio { get; }

    public ReviewService Service => Studio.Services.GetRequiredService<ReviewService>();

    public ReviewQueries Queries => Studio.Services.GetRequiredService<ReviewQueries>();

    public Guid SetId { get; private set; }

    public Guid Ada { get; private set; }

    public Guid Ben { get; private set; }

    public Guid Cyd { get; private set; }

    /// <summary>The ids of the images, by caption and number.</summary>
    public Dictionary<(int Caption, int Number), long> Images { get; private set; } = [];

    public static async Task<ReviewUnderTest> CreateAsync(TestCluster cluster)
    {
        var review = new ReviewUnderTest(await StudioUnderTest.CreateAsync(cluster));
        await review.FillAsync();
        return review;
    }

    public StudioDbContext Open() => StudioStore.Open(Studio.Database.Source);

    public Task<IReadOnlyList<int>> MarkAsync(Guid reviewer, string verdict, params (int Caption, int Number)[] images) =>
        Service.MarkAsync(SetId, reviewer, new ReviewMarkChange { ImageIds = [.. images.Select(image => Images[image])], Verdict = verdict });

    public async Task<ReviewImage> SeeAsync(Guid viewer, int caption, int number) =>
        (await Queries.RowsAsync(SetId, viewer, [caption])).Single().Images.Single(image => image.Number == number);

    public ValueTask DisposeAsync() => Studio.DisposeAsync();

    /// <summary>Adds a person.</summary>
    public static async Task<Guid> AddPersonAsync(StudioDbContext store, string name)
    {
        var person = new StudioUser { Id = Guid.CreateVersion7(), UserName = name, NormalizedUserName = name.ToUpperInvariant(), DisplayName = name };
        store.Users.Add(person);
        await store.SaveChangesAsync();
        return person.Id;
    }

    private async Task FillAsync()
    {
        SetId = (await Studio.Experiments.CreateAsync(Studio.Wanted("review"))).ImageSetId;
        await using var store = Open();
        (Ada, Ben, Cyd) = (await AddPersonAsync(store, "Ada"), await AddPersonAsync(store, "Ben"), await AddPersonAsync(store, "Cyd"));
        Images = await AddImagesAsync(Studio, SetId);
    }

    /// <summary>Adds two images for each caption of a set, which nobody looks at.</summary>
    /// <returns>Their ids, by caption and number.</returns>
    public static async Task<Dictionary<(int Caption, int Number), long>> AddImagesAsync(StudioUnderTest studio, Guid setId)
    {
        await using var store = StudioStore.Open(studio.Database.Source);
        var shard = await store.Shards.Where(row => row.ImageSetId == setId).OrderBy(row => row.Index).Select(row => row.Id).FirstAsync();
        store.Images.AddRange(Enumerable.Range(0, 24).Select(number => new GeneratedImage
        {
            ImageSetId = setId,
            ShardId = shard,
            CaptionIndex = number / 2,
            ImageIndex = number % 2,
            Seed = 5,
            Offset = 0,
            Length = 1,
        }));
        store.PositiveSetMeasures.AddRange(Enumerable.Range(0, 12).Select(caption => new PositiveSetMeasure
        {
            ImageSetId = setId,
            CaptionIndex = caption,
            Diversity = caption % 4 / 10.0,
        }));
        await store.SaveChangesAsync();
        return await store.Images.Where(image => image.ImageSetId == setId).ToDictionaryAsync(image => (image.CaptionIndex, image.ImageIndex), image => image.Id);
    }
}
