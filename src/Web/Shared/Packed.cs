using System.IO.Compression;
using System.Text.Json;

namespace StableRep.Web.Shared;

/// <summary>
/// What the static rendering hands to the live one, made small: it comes back from the browser in a message of at most 32 KB, and without it the
/// page would show for a moment that it loads what one has just read.
/// </summary>
public static class Packed
{
    private const int Most = 16_000;

    /// <summary>A value as text, or null where it is too large to be handed on.</summary>
    public static string? Of<T>(T value)
    {
        using var bytes = new MemoryStream();
        using (var packing = new BrotliStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        {
            JsonSerializer.Serialize(packing, value, JsonSerializerOptions.Web);
        }

        return bytes.Length <= Most ? Convert.ToBase64String(bytes.GetBuffer(), 0, (int)bytes.Length) : null;
    }

    /// <summary>The value of a text that <see cref="Of"/> made.</summary>
    public static T Read<T>(string text)
    {
        using var packed = new BrotliStream(new MemoryStream(Convert.FromBase64String(text)), CompressionMode.Decompress);
        return JsonSerializer.Deserialize<T>(packed, JsonSerializerOptions.Web)!;
    }
}
