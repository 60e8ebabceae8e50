using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;

namespace StableRep.Api.Webhooks;

/// <summary>
/// The keys of webhooks' signatures as the database has them: protected by the keys of the cluster, which all its nodes share, so that neither
/// a query nor a listing of the table shows one.
/// </summary>
public sealed class WebhookSecrets(IDataProtectionProvider protection)
{
    /// <summary>What a protected secret begins with.</summary>
    internal const string Mark = "dp:";

    private const string Start = "whs_";
    private const int Length = 32;

    private readonly IDataProtector _protector = protection.CreateProtector("webhook-secret");

    /// <summary>A new secret, as its owner gets it.</summary>
    internal static string Create() => Start + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Length));

    /// <summary>Whether this is a secret as older versions of the studio stored it.</summary>
    internal static bool IsPlain(string stored) => stored.Length == Start.Length + (2 * Length) && stored.StartsWith(Start, StringComparison.Ordinal);

    /// <summary>A secret as it is stored. The bytes that it stands for are protected, and not its text, because the column is short.</summary>
    internal string Protect(string secret) => Mark + WebEncoders.Base64UrlEncode(_protector.Protect(Convert.FromHexString(secret.AsSpan(Start.Length))));

    /// <summary>A stored secret as its owner has it.</summary>
    /// <exception cref="CryptographicException">The key that protects it is lost.</exception>
    internal string Reveal(string stored) => stored.StartsWith(Mark, StringComparison.Ordinal)
        ? Start + Convert.ToHexStringLower(_protector.Unprotect(WebEncoders.Base64UrlDecode(stored[Mark.Length..])))
        : stored;
}
