using System.Buffers;
using System.IO.Compression;
using System.Security.Cryptography;

namespace StableRep.Engine.Evaluation.Datasets;

/// <summary>Unpacks the pictures of an uploaded zip file, trusting nothing in it.</summary>
internal static class ZipUnpacker
{
    private const int UnixTypeMask = 0xF000;
    private const int UnixSymbolicLink = 0xA000;

    /// <summary>
    /// Unpacks into a folder named after the archive's content, complete or not at all; what was unpacked before is used again.
    /// </summary>
    /// <param name="archive">The zip file.</param>
    /// <param name="parent">Where the folder is made.</param>
    /// <param name="limits">What it may unpack to.</param>
    /// <param name="cancellation">Stops between two files.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="InvalidProbeDatasetException">It is no zip file, leaves its folder, or exceeds the limits.</exception>
    public static string Unpack(string archive, string parent, ArchiveLimits limits, CancellationToken cancellation)
    {
        using var stream = File.OpenRead(archive);
        var target = Path.GetFullPath(Path.Combine(parent, Convert.ToHexStringLower(SHA256.HashData(stream))[..32]));
        if (Directory.Exists(target))
        {
            return target;
        }

        stream.Position = 0;
        var temporary = Path.GetFullPath(Path.Combine(parent, $".{Guid.NewGuid():N}.tmp"));
        Directory.CreateDirectory(temporary);
        try
        {
            Unpack(stream, archive, temporary, limits, cancellation);
            Publish(temporary, target);
            return target;
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidProbeDatasetException($"{archive} is no readable zip file: {exception.Message}", exception);
        }
        finally
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
    }

    private static void Unpack(FileStream stream, string archive, string folder, ArchiveLimits limits, CancellationToken cancellation)
    {
        using var zip = new ZipArchive(stream, ZipArchiveMode.Read);
        if (zip.Entries.Count > limits.MaxEntries)
        {
            throw new InvalidProbeDatasetException($"{archive} has {zip.Entries.Count:N0} entries; {limits.MaxEntries:N0} are allowed.");
        }

        var budget = limits.BytesFor(stream.Length);
        foreach (var entry in zip.Entries)
        {
            cancellation.ThrowIfCancellationRequested();
            var name = SafeName(entry, archive);
            if (name.EndsWith('/') || name.Split('/').Any(ImageFolder.IsHidden) || !ImageFolder.IsImageName(name))
            {
                continue;
            }

            var path = Path.GetFullPath(Path.Combine(folder, name));
            if (!path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal) || File.Exists(path))
            {
                throw new InvalidProbeDatasetException($"{archive} is refused: its entry '{entry.FullName}' leaves the folder or comes twice.");
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using var content = entry.Open();
            using var file = new FileStream(path, FileMode.CreateNew);
            budget = Copy(content, file, budget, archive);
        }
    }

    private static string SafeName(ZipArchiveEntry entry, string archive)
    {
        // Archives made on Windows may divide folders by backslashes.
        var name = entry.FullName.Replace('\\', '/');
        var unsafeName = name.StartsWith('/') || name.Any(char.IsControl) || name.Contains(':') || name.Split('/').Any(part => part is "..");
        var link = ((entry.ExternalAttributes >> 16) & UnixTypeMask) == UnixSymbolicLink;
        return unsafeName || link
            ? throw new InvalidProbeDatasetException($"{archive} is refused: its entry '{entry.FullName}' {(link ? "is a link" : "leaves the folder")}.")
            : name;
    }

    private static long Copy(Stream from, Stream to, long budget, string archive)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            int count;
            while ((count = from.Read(buffer)) > 0)
            {
                budget -= count;
                if (budget < 0)
                {
                    throw new InvalidProbeDatasetException(
                        $"{archive} is refused: it unpacks to far more than its {new FileInfo(archive).Length:N0} bytes, or to more than is allowed.");
                }

                to.Write(buffer, 0, count);
            }

            return budget;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Publish(string temporary, string target)
    {
        try
        {
            Directory.Move(temporary, target);
        }
        catch (IOException) when (Directory.Exists(target))
        {
            // Another process unpacked the same archive meanwhile.
        }
    }
}
