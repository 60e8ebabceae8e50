using System.Globalization;
using System.Threading.RateLimiting;
using StableRep.Api.Accounts;

namespace StableRep.Api.Http;

/// <summary>How much one person, or one address without a login, may ask for.</summary>
internal static class RateLimits
{
    private static readonly ApiProblem Refusal = ProblemTable.OfStatus(StatusCodes.Status429TooManyRequests);

    public static void AddRateLimits(this IServiceCollection services, AccountMode mode) => services.AddRateLimiter(options =>
    {
        // A gallery asks for hundreds of thumbnails at once.
        var (burst, perSecond) = mode == AccountMode.Single ? (20_000, 5_000) : (2_000, 300);
        options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context =>
            context.Request.IsForScripts()
                ? RateLimitPartition.GetTokenBucketLimiter(KeyOf(context), _ => Bucket(burst, perSecond, TimeSpan.FromSeconds(1)))
                : HttpMethods.IsPost(context.Request.Method) && context.Request.Path.StartsWithSegments("/account", StringComparison.OrdinalIgnoreCase)
                    ? RateLimitPartition.GetTokenBucketLimiter("account " + context.Connection.RemoteIpAddress, _ => Bucket(20, 1, TimeSpan.FromSeconds(3)))
                    : RateLimitPartition.GetNoLimiter("pages"));
        options.OnRejected = async (rejected, _) =>
        {
            var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds(1);
            rejected.HttpContext.Response.Headers.RetryAfter = Math.Ceiling(Math.Max(1, wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            await rejected.HttpContext.WriteProblemAsync(Refusal);
        };
    });

    private static string KeyOf(HttpContext context) => context.User.UserId()?.ToString() ?? "address " + context.Connection.RemoteIpAddress;

    private static TokenBucketRateLimiterOptions Bucket(int burst, int tokens, TimeSpan period) => new()
    {
        TokenLimit = burst,
        TokensPerPeriod = tokens,
        ReplenishmentPeriod = period,
        QueueLimit = 0,
        AutoReplenishment = true,
    };
}
