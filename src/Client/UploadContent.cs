using System.Net;

namespace StableRep.Client;

/// <summary>A file on its way to the studio, telling how much of it has gone.</summary>
internal sealed class UploadContent(Stream file, IProgress<long>? progress) : HttpContent
{
    private const int BufferSize = 1 << 16;

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
        var sent = 0L;
        int count;
        while ((count = await file.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            progress?.Report(sent += count);
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override bool TryComputeLength(out long length)
    {
        length = file.CanSeek ? file.Length - file.Position : 0;
        return file.CanSeek;
    }
}
