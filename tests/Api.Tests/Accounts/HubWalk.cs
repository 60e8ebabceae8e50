using System.Net;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Http;
using StableRep.Data.Accounts;

namespace StableRep.Api.Tests.Accounts;

/// <summary>Calls every method of every hub of a running node, as everybody who might.</summary>
internal sealed class HubWalk(StudioApplication studio)
{
    /// <summary>What hubs do that they should not.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(IReadOnlyList<(Type Hub, MethodInfo Method, StudioRole Role)> methods, CancellationToken stop)
    {
        var faults = new List<string>();
        foreach (var hub in methods.GroupBy(item => item.Hub))
        {
            var address = AddressOf(hub.Key);
            foreach (var role in (StudioRole?[])[null, .. Enum.GetValues<StudioRole>()])
            {
                await using var connection = Connect(address, role is { } known ? await studio.People.SecretAsync(known) : null);
                var isIn = await StartAsync(connection, stop);
                foreach (var (_, method, wanted) in hub)
                {
                    var letIn = isIn && await IsLetInAsync(connection, method, stop);
                    if (letIn != role >= wanted)
                    {
                        faults.Add($"{hub.Key.Name}.{method.Name}: {role?.Name() ?? "nobody"} is {(letIn ? "let in" : "refused")}.");
                    }
                }
            }
        }

        return faults;
    }

    private static HubConnection Connect(Uri address, string? secret) => new HubConnectionBuilder()
        .WithUrl(address, options => options.AccessTokenProvider = () => Task.FromResult(secret))
        .AddJsonProtocol(options => StudioJson.Configure(options.PayloadSerializerOptions)).Build();

    private static async Task<bool> StartAsync(HubConnection connection, CancellationToken stop)
    {
        try
        {
            await connection.StartAsync(stop);
            return true;
        }
        catch (HttpRequestException refused) when (refused.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            return false;
        }
    }

    private static async Task<bool> IsLetInAsync(HubConnection connection, MethodInfo method, CancellationToken stop)
    {
        object?[] arguments = [.. method.GetParameters().Select(item => item.ParameterType).Where(type => type != typeof(CancellationToken)).Select(Value)];
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task answer;
        if (PolicyStatements.IsStream(method))
        {
            var stream = await connection.StreamAsChannelCoreAsync<JsonElement>(method.Name, arguments, enough.Token);
            answer = stream.Completion;

            // A node takes a connection's calls one by one: once this one is answered, a refusal of the stream has arrived.
            await Assert.ThrowsAsync<HubException>(() => connection.InvokeCoreAsync<object>("NoMethodHasThisName", [], stop));
        }
        else
        {
            answer = connection.InvokeCoreAsync<JsonElement>(method.Name, arguments, stop);
            await answer.ContinueWith(_ => { }, stop, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        var isRefused = answer.IsFaulted && answer.Exception.InnerException!.Message.Contains("unauthorized", StringComparison.OrdinalIgnoreCase);
        await enough.CancelAsync();
        return !isRefused;
    }

    private static object? Value(Type type) => type == typeof(Guid) ? Guid.Parse(PolicyWalk.Nothing) : type.IsValueType ? Activator.CreateInstance(type) : null;

    private Uri AddressOf(Type hub)
    {
        var endpoint = studio.Services.GetRequiredService<IEnumerable<EndpointDataSource>>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .First(endpoint => endpoint.Metadata.GetMetadata<HubMetadata>()?.HubType == hub && !endpoint.RoutePattern.RawText!.EndsWith("negotiate", StringComparison.Ordinal));
        return new Uri(studio.Address, endpoint.RoutePattern.RawText);
    }
}
