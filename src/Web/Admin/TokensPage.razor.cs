using System.Security.Claims;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using MudBlazor;
using StableRep.Api.Accounts;
using StableRep.Web.Shared;

namespace StableRep.Web.Admin;

/// <summary>Everybody's tokens: which there are, and ending them.</summary>
public sealed partial class TokensPage
{
    private static readonly string[] Scopes = ["read", "write", "admin"];

    private IReadOnlyList<TokenView>? _tokens;
    private AdminDeeds _deeds = default!;
    private CreatedToken? _created;
    private Exception? _error;
    private string? _name;
    private string _scope = Scopes[0];
    private int _days = 90;

    [CascadingParameter]
    private Task<AuthenticationState> Authentication { get; set; } = default!;

    [Inject]
    private TokenService Tokens { get; set; } = default!;

    [Inject]
    private IDialogService Dialogs { get; set; } = default!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    /// <inheritdoc/>
    protected override Task OnInitializedAsync()
    {
        _deeds = new AdminDeeds(Snackbar);
        return ReadAsync();
    }

    private string? Ended(TokenView token) => token.RevokedAt is not null ? "revoked" : token.ExpiresAt <= Clock.GetUtcNow() ? "expired" : null;

    private async Task ReadAsync()
    {
        try
        {
            (_tokens, _error) = (await Tokens.ListAsync(null), null);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _error = exception;
        }
    }

    private Task CreateAsync() => ActAsync(async user =>
    {
        _created = await Tokens.CreateAsync(user, new NewToken
        {
            Name = _name ?? "",
            Scopes = [.. Scopes.Take(Array.IndexOf(Scopes, _scope) + 1)],
            ExpiresAt = _days == 0 ? null : Clock.GetUtcNow().AddDays(_days),
        });
        _name = null;
    });

    private async Task RevokeAsync(TokenView token)
    {
        if (await ConfirmDialog.AskAsync(Dialogs, $"Revoke '{token.Name}'?", $"Whatever uses this token of {token.UserName} is shut out at once.", "Revoke"))
        {
            await ActAsync(user => Tokens.RevokeAsync(user, token.Id));
        }
    }

    private Task ActAsync(Func<ClaimsPrincipal, Task> act) => _deeds.DoAsync(async () =>
    {
        _created = null;
        await act((await Authentication).User);
        await ReadAsync();
    });
}
