using Hangfire;
using StableRep.Api.Accounts;

namespace StableRep.Api.Jobs;

/// <summary>The job queue's own dashboard, for admins.</summary>
internal static class JobDashboard
{
    public static void MapJobDashboard(this WebApplication app) =>
        app.MapHangfireDashboardWithAuthorizationPolicy(Policies.Admin, "/admin/hangfire", new DashboardOptions
        {
            DashboardTitle = "StableRep Studio: jobs",
            DisplayStorageConnectionString = false,
            AppPath = "/",
        });
}
