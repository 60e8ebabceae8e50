using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Data.Accounts;

namespace StableRep.Api.Tests.Accounts;

/// <summary>Walks every endpoint of a running node: each says who may use it, and each holds to it.</summary>
internal sealed class PolicyWalk(StudioApplication studio)
{
    /// <summary>An id that nothing has.</summary>
    public const string Nothing = "00000000-0000-0000-0000-00000000dead";

    /// <summary>The addresses of every node that are for everybody.</summary>
    public static readonly IReadOnlyList<string> Open =
        ["/healthz", "/readyz", "/reference/scalar.js", "/reference/scalar.aspnetcore.js", "/reference/favicon.svg"];

    // Files of a build that is not published; what states nothing is for viewers.
    private const string UnlistedFiles = "/{**path:file}";

    /// <summary>What the endpoints say and do that they should not.</summary>
    /// <param name="open">The addresses that are for everybody.</param>
    /// <param name="stop">Cancels.</param>
    public async Task<(IReadOnlyList<string> Routes, IReadOnlyList<string> Faults)> RunAsync(IReadOnlyCollection<string> open, CancellationToken stop)
    {
        var faults = new List<string>();
        var endpoints = studio.Services.GetRequiredService<IEnumerable<EndpointDataSource>>()
            .SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().DistinctBy(endpoint => (endpoint.RoutePattern.RawText, Method(endpoint))).ToList();
        foreach (var endpoint in endpoints)
        {
            var route = "/" + endpoint.RoutePattern.RawText?.TrimStart('/');
            var isFile = endpoint.Metadata.Any(item => item.GetType().Name.Contains("StaticAsset", StringComparison.Ordinal));
            if (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            {
                if (!isFile && !open.Contains(route))
                {
                    faults.Add($"{route} is open to everybody and not on the list.");
                }

                continue;
            }

            var policies = endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>().Select(item => item.Policy).ToList();
            var combined = endpoint.Metadata.GetMetadata<AuthorizationPolicy>();
            if (policies.Count == 0 && combined is null && route != UnlistedFiles)
            {
                faults.Add($"{Method(endpoint)} {route} states no policy.");
            }

            await TryAsync(endpoint, route, RoleOf(policies), faults, stop);
        }

        return ([.. endpoints.Select(endpoint => "/" + endpoint.RoutePattern.RawText?.TrimStart('/'))], faults);
    }

    private static string Method(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods is [var method, ..] ? method : "GET";

    private static StudioRole RoleOf(IEnumerable<string?> policies) =>
        policies.Select(policy => Enum.TryParse<StudioRole>(policy, true, out var role) ? role : StudioRole.Viewer).DefaultIfEmpty(StudioRole.Viewer).Max();

    private async Task TryAsync(RouteEndpoint endpoint, string route, StudioRole wanted, List<string> faults, CancellationToken stop)
    {
        var address = string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
        {
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternSeparatorPart separator => separator.Content,
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart parameter => Value(endpoint, parameter),
            _ => "",
        }))));
        foreach (var role in (StudioRole?[])[null, StudioRole.Viewer, StudioRole.Researcher, StudioRole.Admin])
        {
            using var client = await studio.CreateClientAsync(role);
            using var request = new HttpRequestMessage(new HttpMethod(Method(endpoint)), "/" + address);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
            var isPage = response.StatusCode == HttpStatusCode.Redirect
                && response.Headers.Location?.OriginalString is { } target && (target.Contains("/account/login", StringComparison.Ordinal) || target.Contains("/account/denied", StringComparison.Ordinal));
            var verdict = response.StatusCode == HttpStatusCode.Unauthorized || (isPage && role is null) ? "unknown"
                : response.StatusCode == HttpStatusCode.Forbidden || isPage ? "refused" : "let in";
            var right = role is null ? "unknown" : role < wanted ? "refused" : "let in";

            // Within a shared address, a stricter rule than the policy's may apply to single things.
            if (verdict != right || (int)response.StatusCode >= 500)
            {
                faults.Add($"{request.Method} {route}: {role?.Name() ?? "nobody"} is {verdict} ({(int)response.StatusCode}) and should be {right}.");
            }
        }
    }

    private static string Value(RouteEndpoint endpoint, Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart parameter)
    {
        var policies = endpoint.RoutePattern.ParameterPolicies.TryGetValue(parameter.Name, out var found) ? found.Select(policy => policy.Content).ToList() : [];
        return policies.Any(policy => policy is "int" or "long") ? "999999999" : parameter.Name == "documentName" ? "v1" : Nothing;
    }
}
