using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace StableRep.ObjectStore;

/// <summary>Checks that a request is signed by the store's key (AWS Signature Version 4, in the Authorization header).</summary>
internal static class RequestSignature
{
    private const string Algorithm = "AWS4-HMAC-SHA256";
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(15);

    /// <summary>Checks a request's signature and gives the hash that its payload must have.</summary>
    /// <exception cref="S3Error">It is not signed, signed by another key, too old, or not as it was signed.</exception>
    public static string Check(HttpRequest request, Credentials credentials, TimeProvider clock)
    {
        var (credential, signedHeaders, signature) = Parse(request.Headers.Authorization.ToString());
        if (credential is not [var accessKey, var date, var region, "s3", "aws4_request"] || accessKey != credentials.AccessKey)
        {
            throw new S3Error(403, "InvalidAccessKeyId", "The access key does not exist.");
        }

        var time = request.Headers["x-amz-date"].ToString();
        if (!DateTimeOffset.TryParseExact(time, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var signedAt)
            || (clock.GetUtcNow() - signedAt).Duration() > Skew || !time.StartsWith(date, StringComparison.Ordinal))
        {
            throw new S3Error(403, "RequestTimeTooSkewed", "The request was signed at another time.");
        }

        var hash = request.Headers["x-amz-content-sha256"].ToString();
        var canonical = string.Join('\n', request.Method, Path(request), Query(request), Headers(request, signedHeaders), signedHeaders, hash);
        var toSign = string.Join('\n', Algorithm, time, $"{date}/{region}/s3/aws4_request", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical))));
        var key = new[] { date, region, "s3", "aws4_request" }.Aggregate(
            Encoding.UTF8.GetBytes("AWS4" + credentials.SecretKey), (secret, part) => HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(part)));
        if (Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(toSign))) != signature)
        {
            throw new S3Error(403, "SignatureDoesNotMatch", "The signature is not that of this request by this key.");
        }

        return hash.StartsWith("STREAMING", StringComparison.Ordinal)
            ? throw new S3Error(501, "NotImplemented", "Payloads signed in chunks are not implemented.")
            : hash;
    }

    private static (string[] Credential, string SignedHeaders, string Signature) Parse(string authorization)
    {
        if (!authorization.StartsWith(Algorithm + " ", StringComparison.Ordinal))
        {
            throw new S3Error(403, "AccessDenied", "The request is not signed.");
        }

        var fields = authorization[(Algorithm.Length + 1)..].Split(',', StringSplitOptions.TrimEntries)
            .Select(field => field.Split('=', 2)).ToDictionary(field => field[0], field => field[1]);
        return (fields["Credential"].Split('/'), fields["SignedHeaders"], fields["Signature"]);
    }

    private static string Path(HttpRequest request) => request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0];

    private static string Query(HttpRequest request) => string.Join('&', request.Query
        .SelectMany(field => field.Value.Select(value => $"{Uri.EscapeDataString(field.Key)}={Uri.EscapeDataString(value ?? "")}"))
        .Order(StringComparer.Ordinal));

    private static string Headers(HttpRequest request, string signed) => string.Concat(signed.Split(';')
        .Select(name => $"{name}:{string.Join(',', request.Headers[name].Select(value => string.Join(' ', value!.Split(' ', StringSplitOptions.RemoveEmptyEntries))))}\n"));
}
