using System.Globalization;
using Microsoft.Net.Http.Headers;

namespace StableRep.Api.Http;

/// <summary>Rows' versions as ETags: a change says on which version it builds.</summary>
internal static class Versions
{
    /// <summary>Tells the version of what is answered.</summary>
    public static void SetVersion(this HttpResponse response, uint version) =>
        response.Headers.ETag = string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    /// <summary>The version that a change builds on, or null when <c>If-Match: *</c> says that any will do.</summary>
    /// <exception cref="VersionRequiredException">The request does not say.</exception>
    /// <exception cref="StaleException">It names what is no version.</exception>
    public static uint? RequireVersion(this HttpRequest request)
    {
        var tags = request.GetTypedHeaders().IfMatch;
        return tags switch
        {
            null or [] when request.Headers.IfMatch.Count == 0 => throw new VersionRequiredException(),
            [var tag] when tag.Equals(EntityTagHeaderValue.Any) => null,
            [var tag] when uint.TryParse(tag.Tag.AsSpan().Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version) => version,
            _ => throw new StaleException(),
        };
    }

    /// <summary>Refuses a change to another version than the row's.</summary>
    /// <exception cref="StaleException">The row has another version.</exception>
    public static void Require(uint? expected, uint actual)
    {
        if (expected is not null && expected != actual)
        {
            throw new StaleException();
        }
    }
}
