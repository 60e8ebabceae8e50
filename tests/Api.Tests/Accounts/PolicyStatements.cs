using System.Reflection;
using System.Threading.Channels;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.SignalR;
using StableRep.Data.Accounts;

namespace StableRep.Api.Tests.Accounts;

/// <summary>What pages and hubs say in their source about who may use them.</summary>
internal static class PolicyStatements
{
    /// <summary>The pages: each of their addresses with the least role, or null for everybody.</summary>
    /// <param name="types">Where to look.</param>
    /// <param name="faults">Gets a line for each page that does not say for whom it is.</param>
    public static IReadOnlyList<(string Template, StudioRole? Role)> Pages(IEnumerable<Type> types, ICollection<string> faults)
    {
        var pages = new List<(string, StudioRole?)>();
        foreach (var type in types.Where(type => type.IsDefined(typeof(RouteAttribute))))
        {
            var isOpen = type.IsDefined(typeof(AllowAnonymousAttribute));
            var role = RoleOf(type);
            if (isOpen == role is not null)
            {
                faults.Add($"The page {type.Name} {(isOpen ? "is for everybody and for a role" : "states no policy")}.");
            }

            pages.AddRange(type.GetCustomAttributes<RouteAttribute>().Select(route => (route.Template, isOpen ? null : role)));
        }

        return pages;
    }

    /// <summary>The methods of hubs with the least role.</summary>
    /// <inheritdoc cref="Pages"/>
    public static IReadOnlyList<(Type Hub, MethodInfo Method, StudioRole Role)> HubMethods(IEnumerable<Type> types, ICollection<string> faults)
    {
        var methods = new List<(Type, MethodInfo, StudioRole)>();
        foreach (var hub in types.Where(type => type.IsSubclassOf(typeof(Hub)) && !type.IsAbstract))
        {
            if (RoleOf(hub) is null)
            {
                faults.Add($"The hub {hub.Name} states no policy.");
            }

            foreach (var method in hub.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly).Where(IsCallable))
            {
                if (RoleOf(method) is not { } role)
                {
                    faults.Add($"The hub's method {hub.Name}.{method.Name} states no policy.");
                    continue;
                }

                methods.Add((hub, method, role > RoleOf(hub) ? role : RoleOf(hub) ?? role));
            }
        }

        return methods;
    }

    /// <summary>Whether a hub's method answers with a stream.</summary>
    public static bool IsStream(MethodInfo method)
    {
        var type = method.ReturnType;
        type = type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>)) ? type.GenericTypeArguments[0] : type;
        return type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>) || type.GetGenericTypeDefinition() == typeof(ChannelReader<>));
    }

    private static bool IsCallable(MethodInfo method) => !method.IsSpecialName && method.GetBaseDefinition() == method;

    // Without a name the policy is only the default one, which nobody chose.
    private static StudioRole? RoleOf(MemberInfo member)
    {
        var named = member.GetCustomAttributes<AuthorizeAttribute>().Select(attribute => attribute.Policy)
            .Select(policy => Enum.GetValues<StudioRole>().Where(role => role.Name() == policy).Select(role => (StudioRole?)role).FirstOrDefault()).ToList();
        return named.Count > 0 && named.All(role => role is not null) ? named.Max() : null;
    }
}
