using System.Collections.Immutable;
using Microsoft.Extensions.Caching.Memory;
using StableRep.Api.Http;
using StableRep.Engine.Images;

namespace StableRep.Api.ImageSets;

/// <summary>Images made small, the latest of them kept in memory.</summary>
public sealed class ThumbnailCache(ImageSetService images) : IDisposable
{
    /// <summary>The longer side in pixels where none is asked for.</summary>
    public const int Medium = 128;

    private const int Quality = 80;
    private const long KeptBytes = 64L << 20;

    private readonly MemoryCache _kept = new(new MemoryCacheOptions { SizeLimit = KeptBytes });
    private readonly SemaphoreSlim _drawing = new(Environment.ProcessorCount);

    /// <summary>The sizes that there are, in pixels of the longer side.</summary>
    public static ImmutableArray<int> Sizes { get; } = [64, Medium, 256];

    /// <summary>A thumbnail as a WebP file.</summary>
    /// <param name="imageId">The image.</param>
    /// <param name="size">One of <see cref="Sizes"/>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="InputException">The size is none of those.</exception>
    /// <exception cref="MissingException">There is no such image.</exception>
    /// <exception cref="InvalidImageException">The image's file is damaged.</exception>
    public async Task<byte[]> GetAsync(long imageId, int size, CancellationToken cancellationToken = default)
    {
        if (!Sizes.Contains(size))
        {
            throw new InputException("size", $"The size must be one of {string.Join(", ", Sizes)}.");
        }

        if (_kept.TryGetValue((imageId, size), out byte[]? kept))
        {
            return kept!;
        }

        // A page asks for a hundred at once: more at a time than there are cores only takes memory.
        await _drawing.WaitAsync(cancellationToken);
        try
        {
            var file = ImageCodec.Encode(ImageResizer.Thumbnail(ImageCodec.Decode(await ReadAsync(imageId, cancellationToken)), size), ImageFormat.Webp, Quality);
            return _kept.Set((imageId, size), file, new MemoryCacheEntryOptions { Size = file.Length });
        }
        finally
        {
            _drawing.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _kept.Dispose();
        _drawing.Dispose();
    }

    private async Task<byte[]> ReadAsync(long imageId, CancellationToken cancellationToken)
    {
        var (image, content) = await images.OpenAsync(imageId, cancellationToken);
        await using (content)
        {
            var file = new byte[image.Length];
            await content.ReadExactlyAsync(file, cancellationToken);
            return file;
        }
    }
}
