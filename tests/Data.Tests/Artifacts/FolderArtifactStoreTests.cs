using StableRep.Data.Artifacts;

namespace StableRep.Data.Tests.Artifacts;

public sealed class FolderArtifactStoreTests : ArtifactStoreTests
{
    [Fact]
    public async Task A_put_leaves_nothing_among_the_incoming()
    {
        await PutAsync("a", "one");
        Assert.Empty(Directory.GetFiles(Path.Combine(Folder, "store", ".incoming")));
    }

    protected override Task<IArtifactStore> OpenStoreAsync() =>
        Task.FromResult<IArtifactStore>(new FolderArtifactStore(Path.Combine(Folder, "store")));
}
