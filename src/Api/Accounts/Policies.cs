using Microsoft.AspNetCore.Authorization;
using StableRep.Data.Accounts;

namespace StableRep.Api.Accounts;

/// <summary>Who may use an endpoint, a page or a hub's method. What states no policy is for viewers.</summary>
public static class Policies
{
    /// <summary>Whoever may read.</summary>
    public const string Viewer = "viewer";

    /// <summary>Whoever may make, run and review.</summary>
    public const string Researcher = "researcher";

    /// <summary>Whoever looks after people, jobs and storage.</summary>
    public const string Admin = "admin";

    internal static void Add(AuthorizationOptions options)
    {
        foreach (var role in Enum.GetValues<StudioRole>())
        {
            options.AddPolicy(role.Name(), policy => policy.RequireAuthenticatedUser().RequireAssertion(context => context.User.Is(role)));
        }

        options.DefaultPolicy = options.GetPolicy(Viewer)!;
        options.FallbackPolicy = options.DefaultPolicy;
    }
}
