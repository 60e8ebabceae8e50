using StableRep.Api.Http;

namespace StableRep.Web.Accounts;

/// <summary>A form that sets a password.</summary>
internal sealed class NewPassword
{
    public string UserName { get; set; } = "";

    public string? DisplayName { get; set; }

    public string Current { get; set; } = "";

    public string Password { get; set; } = "";

    public string Repeated { get; set; } = "";

    /// <summary>Does what the form asks for.</summary>
    /// <returns>What is wrong, for people; null when it is done.</returns>
    public async Task<string?> TryAsync(Func<NewPassword, Task> act)
    {
        if (Password != Repeated)
        {
            return "The two passwords are not the same.";
        }

        try
        {
            await act(this);
            return null;
        }
        catch (Exception exception) when (exception is InputException or ConflictException)
        {
            return exception.Message;
        }
    }
}
