using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using StableRep.Api.Http;

namespace StableRep.Api.Accounts;

/// <summary>
/// The link, printed when a team's node starts on a store without an admin, with which the first admin makes an account. Any node's link works on
/// every node, for a day, and only as long as there is no admin.
/// </summary>
public sealed class FirstAdminLink(
    AccountService accounts, IDataProtectionProvider protection, IServer server, IHostApplicationLifetime lifetime) : IHostedService
{
    private const string Content = "first-admin";
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);
    private readonly ITimeLimitedDataProtector _protector = protection.CreateProtector(Content).ToTimeLimitedDataProtector();

    /// <summary>Makes the first admin for whoever holds the link.</summary>
    /// <exception cref="InputException">The link is damaged or too old, or a field is wrong.</exception>
    /// <exception cref="ConflictException">There is an admin already.</exception>
    public async Task CreateAdminAsync(string? token, string userName, string? displayName, string password)
    {
        try
        {
            _protector.Unprotect(token ?? "");
        }
        catch (CryptographicException)
        {
            throw new InputException("token", "This link is damaged or too old: start the node again to get another.");
        }

        await accounts.CreateFirstAdminAsync(userName, displayName, password);
    }

    /// <summary>The link's path and query.</summary>
    internal string Path() => $"/account/first-admin?token={_protector.Protect(Content, Lifetime)}";

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (await accounts.NeedsFirstAdminAsync(cancellationToken))
        {
            lifetime.ApplicationStarted.Register(() => Print(Path()));
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // To the console and not to the log: logs are kept and sent on, and this is a secret.
    private void Print(string path)
    {
        var address = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "http://localhost";
        foreach (var any in (string[])["//0.0.0.0", "//[::]", "//*", "//+"])
        {
            address = address.Replace(any, "//localhost", StringComparison.Ordinal);
        }

        Console.WriteLine($"This studio has no admin yet. Make the account with this link, good once and for a day:{Environment.NewLine}  {address}{path}");
    }
}
