using System.Security.Claims;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using MudBlazor;
using StableRep.Api.Accounts;
using StableRep.Data.Accounts;
using StableRep.Web.Shared;

namespace StableRep.Web.Admin;

/// <summary>The people of the studio: inviting them, changing their roles, keeping them out.</summary>
public sealed partial class UsersPage
{
    private static readonly StudioRole[] Roles = Enum.GetValues<StudioRole>();

    private IReadOnlyList<Person>? _people;
    private AdminDeeds _deeds = default!;
    private Invitation? _invitation;
    private Exception? _error;
    private string? _userName;
    private string? _displayName;
    private StudioRole _role = StudioRole.Researcher;

    [CascadingParameter]
    private Task<AuthenticationState> Authentication { get; set; } = default!;

    [Inject]
    private AccountService Accounts { get; set; } = default!;

    [Inject]
    private AccountAccess Access { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

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

    private static string Name(StudioRole role) => role.ToString().ToLowerInvariant();

    private string State(Person person) => person switch
    {
        { DisabledAt: not null } => "kept out",
        { LockedUntil: { } until } when until > Clock.GetUtcNow() => "locked after wrong passwords",
        { HasPassword: false } => "invited",
        _ => "active",
    };

    private async Task ReadAsync()
    {
        try
        {
            (_people, _error) = (await Accounts.ListAsync(), null);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _error = exception;
        }
    }

    private Task InviteAsync() => ActAsync(async user =>
    {
        _invitation = await Accounts.InviteAsync(user, new NewPerson { UserName = _userName ?? "", DisplayName = string.IsNullOrWhiteSpace(_displayName) ? null : _displayName, Role = _role });
        (_userName, _displayName) = (null, null);
    });

    private Task InviteAgainAsync(Person person) => ActAsync(async user => _invitation = await Accounts.InviteAgainAsync(user, person.Id));

    private Task ChangeAsync(Person person, PersonChange change) => ActAsync(user => Accounts.ChangeAsync(user, person.Id, change));

    private async Task KeepOutAsync(Person person)
    {
        if (await ConfirmDialog.AskAsync(Dialogs, $"Keep {person.DisplayName} out?", "Their pages and tokens stop working within a minute. What they made stays.", "Keep out"))
        {
            await ChangeAsync(person, new PersonChange { Disabled = true });
        }
    }

    private Task ActAsync(Func<ClaimsPrincipal, Task> act) => _deeds.DoAsync(async () =>
    {
        _invitation = null;
        await act((await Authentication).User);
        await ReadAsync();
    });
}
