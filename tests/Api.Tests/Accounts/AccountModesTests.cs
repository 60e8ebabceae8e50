using Microsoft.Extensions.Configuration;
using StableRep.Api.Accounts;
using StableRep.Api.Configuration;
using StableRep.Api.Hosting;

namespace StableRep.Api.Tests.Accounts;

public sealed class AccountModesTests
{
    [Theory]
    [InlineData(null, null)]
    [InlineData("urls", "http://127.0.0.1:5000;http://[::1]:5000")]
    [InlineData("urls", "http://localhost:5000")]
    [InlineData("Kestrel:Endpoints:Http:Url", "https://127.0.0.1:443")]
    public void Nobody_logs_in_on_loopback_with_the_private_cluster(string? key, string? value) =>
        Assert.Equal(AccountMode.Single, Decide(null, (key, value)));

    [Theory]
    [InlineData("urls", "http://0.0.0.0:5000")]
    [InlineData("urls", "http://[::]:5000")]
    [InlineData("urls", "http://*:5000")]
    [InlineData("urls", "http://+:5000")]
    [InlineData("urls", "http://studio.example.org")]
    [InlineData("urls", "http://localhost.example.org")]
    [InlineData("urls", "http://127.0.0.1:5000;http://192.168.1.5:5000")]
    [InlineData("http_ports", "8080")]
    [InlineData("Kestrel:Endpoints:Https:Url", "https://*:443")]
    public void Where_others_get_in_people_log_in_and_the_single_user_mode_refuses_to_start(string key, string value)
    {
        Assert.Equal(AccountMode.Team, Decide(null, (key, value)));
        Assert.Equal(AccountMode.Team, Decide("team", (key, value)));
        var refusal = Assert.Throws<SettingsException>(() => Decide("single", (key, value)));
        Assert.Contains("Studio:Accounts", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shared_database_is_a_teams_and_another_machines_never_a_single_persons()
    {
        Assert.Equal(AccountMode.Team, Decide(null, ("ConnectionStrings:Studio", "Host=/run/postgresql")));
        Assert.Equal(AccountMode.Single, Decide("single", ("ConnectionStrings:Studio", "Host=/run/postgresql")));
        Assert.Throws<SettingsException>(() => Decide("single", ("ConnectionStrings:Studio", "Host=db.example.org")));
    }

    private static AccountMode Decide(string? accounts, params (string? Key, string? Value)[] values) => AccountModes.Decide(
        new ConfigurationBuilder().AddInMemoryCollection(values.Where(item => item.Key is not null).ToDictionary(item => item.Key!, item => item.Value)).Build(),
        new StudioOptions { Accounts = accounts });
}
