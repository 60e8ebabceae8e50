using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using StableRep.Api.Hosting;
using StableRep.Api.Http;

namespace StableRep.Api.Storage;

/// <summary>The disk of the data folder: how much of it is free, and whether more may come.</summary>
/// <param name="options">Where the folder is, and what stays free.</param>
/// <param name="read">Reads what is free.</param>
public sealed class DataDisk(IOptions<StudioOptions> options, FreeSpaceReader read)
{
    /// <summary>The bytes that may still be written: the free ones without <see cref="StudioOptions.DiskReserveMegabytes"/>.</summary>
    public long UsableBytes() => Math.Max(0, FreeBytes() - (options.Value.DiskReserveMegabytes << 20));

    /// <summary>The bytes that are free.</summary>
    public long FreeBytes()
    {
        var folder = PathOf(".");
        Directory.CreateDirectory(folder);
        return read(folder);
    }

    /// <summary>A path under the data folder.</summary>
    public string PathOf(string name) => options.Value.PathOf(name);

    /// <summary>A path of its own for a file that is on its way; whoever takes it removes it.</summary>
    public string NewUploadPath() => Path.Combine(Directory.CreateDirectory(PathOf("uploads")).FullName, Guid.NewGuid().ToString("N"));

    /// <summary>Refuses to write more than fits.</summary>
    /// <param name="bytes">The bytes to be written; 0 asks whether anything may be.</param>
    /// <exception cref="DiskFullException">They do not fit.</exception>
    public void Require(long bytes)
    {
        var usable = UsableBytes();
        if (bytes > usable || usable == 0)
        {
            throw new DiskFullException(bytes, usable);
        }
    }
}

/// <summary>Reads how many bytes are free on a folder's disk.</summary>
/// <param name="folder">The folder; it is there.</param>
public delegate long FreeSpaceReader(string folder);

/// <summary>Registers the disk.</summary>
internal static class DataDiskServices
{
    public static void AddDataDisk(this IServiceCollection services)
    {
        services.TryAddSingleton(new FreeSpaceReader(folder => new DriveInfo(folder).AvailableFreeSpace));
        services.AddSingleton<DataDisk>();
    }
}
