using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace StableRep.Api.Webhooks;

/// <summary>
/// The header that proves who sent a delivery: <c>t=SECONDS,v1=HEX</c>, where HEX is the HMAC-SHA256, keyed by the webhook's secret, of the
/// seconds, a full stop and the body. A receiver refuses old times, so that nobody can send a delivery again.
/// </summary>
public static class WebhookSignature
{
    /// <summary>The header's name.</summary>
    public const string Header = "Studio-Signature";

    /// <summary>The header's value.</summary>
    public static string Create(string secret, DateTimeOffset at, string body)
    {
        var seconds = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var code = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{seconds}.{body}"));
        return $"t={seconds},v1={Convert.ToHexStringLower(code)}";
    }
}
