using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using StableRep.Api.Storage;

namespace StableRep.Api.Http;

/// <summary>One uploaded file with the form's fields, on the disk and never in memory; the file is gone with this.</summary>
internal sealed class MultipartUpload : IDisposable
{
    /// <summary>The largest body that any address takes.</summary>
    public const long Largest = 16L << 30;

    private const int MostFields = 20;
    private const int LongestField = 8 << 10;
    private const int LongestFileName = 400;

    private readonly SortedDictionary<string, string> _fields = new(StringComparer.Ordinal);
    private readonly string? _path;
    private readonly DiskWatch? _watch;

    private MultipartUpload(string? path, DiskWatch? watch) => (_path, _watch) = (path, watch);

    /// <summary>Where the file lies.</summary>
    public string Path => _path ?? throw new InvalidOperationException("This upload was not kept.");

    /// <summary>The name that the client gave it, without any folder.</summary>
    public string FileName { get; private set; } = "";

    /// <summary>The file's bytes.</summary>
    public long Length { get; private set; }

    /// <summary>SHA-256 of the file, in hexadecimal.</summary>
    public string Sha256 { get; private set; } = "";

    /// <summary>A field's text, or null when it is absent or empty.</summary>
    public string? Field(string name) => _fields.GetValueOrDefault(name) is { Length: > 0 } text ? text : null;

    /// <summary>Reads a form with one file, whatever the order of its parts.</summary>
    /// <param name="request">The request.</param>
    /// <param name="disk">Where the file is kept meanwhile.</param>
    /// <param name="mostBytes">The largest body.</param>
    /// <param name="cancellationToken">Cancels; then nothing stays.</param>
    /// <exception cref="InputException">It is no such form.</exception>
    /// <exception cref="BadHttpRequestException">The body is too large or breaks off.</exception>
    /// <exception cref="DiskFullException">The disk has no room for it.</exception>
    public static async Task<MultipartUpload> ReadAsync(HttpRequest request, DataDisk disk, long mostBytes, CancellationToken cancellationToken)
    {
        var reader = Open(request, mostBytes);
        disk.Require(request.ContentLength ?? 0);
        var upload = new MultipartUpload(disk.NewUploadPath(), new DiskWatch(disk));
        await upload.FillAsync(reader, cancellationToken);
        request.HttpContext.Features.Set(upload.Fingerprint());
        return upload;
    }

    /// <summary>Reads a form to the end and keeps nothing but what it is recognised by.</summary>
    /// <exception cref="InputException">It is no such form.</exception>
    /// <exception cref="BadHttpRequestException">The body is too large or breaks off.</exception>
    public static async Task<UploadFingerprint> FingerprintAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var upload = new MultipartUpload(null, null);
        await upload.FillAsync(Open(request, Largest), cancellationToken);
        return upload.Fingerprint();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_path is not null)
        {
            File.Delete(_path);
        }
    }

    private static MultipartReader Open(HttpRequest request, long mostBytes)
    {
        var boundary = MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            ? HeaderUtilities.RemoveQuotes(type.Boundary).Value
            : throw new BadHttpRequestException("Not a form.", StatusCodes.Status415UnsupportedMediaType);
        if (string.IsNullOrEmpty(boundary) || boundary.Length > 70)
        {
            throw new InputException("body", "The content type names no boundary.");
        }

        if (request.ContentLength > mostBytes)
        {
            throw new BadHttpRequestException("Too large.", StatusCodes.Status413PayloadTooLarge);
        }

        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = mostBytes;
        }

        return new MultipartReader(boundary, request.Body);
    }

    private async Task FillAsync(MultipartReader reader, CancellationToken cancellationToken)
    {
        try
        {
            await ReadAsync(reader, cancellationToken);
        }
        catch (Exception exception)
        {
            Dispose();
            throw exception is InvalidDataException or IOException and not BadHttpRequestException && !DiskFullException.IsSaidBy(exception)
                ? new InputException("body", "The form is broken or incomplete.")
                : exception;
        }
    }

    private async Task ReadAsync(MultipartReader reader, CancellationToken cancellationToken)
    {
        var parts = 0;
        while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
        {
            if (++parts > MostFields || !ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition))
            {
                throw new InputException("body", parts > MostFields ? $"The form has more than {MostFields} parts." : "A part of the form has no name.");
            }

            var name = HeaderUtilities.RemoveQuotes(disposition.Name).Value ?? "";
            if (!disposition.IsFileDisposition())
            {
                _fields[name] = await TextAsync(name, section.Body, cancellationToken);
            }
            else if (Sha256.Length > 0)
            {
                throw new InputException("file", "Send one file.");
            }
            else
            {
                FileName = Named(disposition);
                await KeepAsync(section.Body, cancellationToken);
            }
        }

        if (Sha256.Length == 0)
        {
            throw new InputException("file", "This is required: a part of the form with a file name.");
        }
    }

    private UploadFingerprint Fingerprint() => new(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new { fields = _fields, FileName, Sha256 })));

    private static string Named(ContentDispositionHeaderValue disposition)
    {
        var given = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).Value ?? "";
        var name = given[(given.LastIndexOfAny(['/', '\\']) + 1)..].Normalize();
        return name.Length is 0 or > LongestFileName || name.Any(char.IsControl)
            ? throw new InputException("file", $"The file's name must have 1 to {LongestFileName} characters.")
            : name;
    }

    private static async Task<string> TextAsync(string name, Stream body, CancellationToken cancellationToken)
    {
        var bytes = new byte[LongestField + 1];
        var count = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        if (count > LongestField)
        {
            throw new InputException(name, $"This is longer than {LongestField} bytes.");
        }

        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes, 0, count);
            return text.Contains('\0', StringComparison.Ordinal) ? throw new InputException(name, "This must be text.") : text.Normalize();
        }
        catch (ArgumentException)
        {
            throw new InputException(name, "This must be text in UTF-8.");
        }
    }

    private async Task KeepAsync(Stream body, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = _path is null ? Stream.Null : new FileStream(_path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous);
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            int count;
            while ((count = await body.ReadAsync(buffer, cancellationToken)) > 0)
            {
                _watch?.Count(count);
                hash.AppendData(buffer, 0, count);
                await file.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                Length += count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>What an upload is recognised by when it comes again: its fields and its file, not the order of its parts or what divides them.</summary>
/// <param name="Hash">SHA-256 over them.</param>
internal sealed record UploadFingerprint(byte[] Hash);
