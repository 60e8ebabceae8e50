using StableRep.Data.Artifacts;
using StableRep.Testing;

namespace StableRep.Data.Tests.Artifacts;

/// <summary>Against a server that others wrote. It lists folder by folder, which is not S3's order.</summary>
public sealed class S3RverArtifactStoreTests(S3RverServer server) : ArtifactStoreTests
{
    protected override bool ListsInOrder => false;

    protected override async Task<IArtifactStore> OpenStoreAsync()
    {
        Assert.SkipUnless(S3RverServer.IsAvailable, "npm is not installed: s3rver cannot be run.");
        return new S3ArtifactStore(await server.NewStoreAsync(), new ArtifactCache(Path.Combine(Folder, "cache"), 1 << 30, TimeProvider.System));
    }
}
