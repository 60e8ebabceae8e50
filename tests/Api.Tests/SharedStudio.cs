using StableRep.Data.Accounts;
using StableRep.Testing;

namespace StableRep.Api.Tests;

/// <summary>
/// A team's node, and a client of its admin, for all tests of a class that do not mind what the others left: a node for each takes longer than
/// such tests themselves. Declare it with <see cref="IClassFixture{TFixture}"/>.
/// </summary>
public class SharedStudio(TestCluster cluster) : IAsyncLifetime
{
    /// <summary>The node.</summary>
    public StudioApplication Studio { get; private set; } = null!;

    /// <summary>Asks as its admin.</summary>
    public HttpClient Admin { get; private set; } = null!;

    /// <inheritdoc/>
    public virtual async ValueTask InitializeAsync()
    {
        Studio = await StudioApplication.StartAsync(cluster);
        Admin = await Studio.CreateClientAsync(StudioRole.Admin);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Admin?.Dispose();
        if (Studio is not null)
        {
            await Studio.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }
}
