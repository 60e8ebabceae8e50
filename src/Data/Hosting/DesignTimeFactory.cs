using Microsoft.EntityFrameworkCore.Design;
using Npgsql;

namespace StableRep.Data.Hosting;

/// <summary>Lets <c>dotnet ef migrations add</c> build the model without a database.</summary>
internal sealed class DesignTimeFactory : IDesignTimeDbContextFactory<StudioDbContext>
{
    public StudioDbContext CreateDbContext(string[] args) => StudioStore.Open(NpgsqlDataSource.Create("Host=localhost"));
}
