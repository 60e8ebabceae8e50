using Npgsql;
using StableRep.Data.Experiments;
using StableRep.Testing;

namespace StableRep.Data.Tests.Experiments;

public sealed class ExperimentStateTests(TestCluster cluster) : StoreTest(cluster)
{
    [Fact]
    public async Task The_database_takes_every_legal_edge_and_refuses_every_other()
    {
        var experiment = await AddExperimentAsync();
        var disagreements = new List<string>();
        foreach (var from in Enum.GetValues<ExperimentState>())
        {
            foreach (var to in Enum.GetValues<ExperimentState>().Where(to => to != from))
            {
                await ExecuteAsync("ALTER TABLE app.experiments DISABLE TRIGGER check_experiment_state");
                await ExecuteAsync($"UPDATE app.experiments SET state = '{Name(from)}' WHERE id = '{experiment.Id}'");
                await ExecuteAsync("ALTER TABLE app.experiments ENABLE TRIGGER check_experiment_state");
                var accepted = true;
                try
                {
                    await ExecuteAsync($"UPDATE app.experiments SET state = '{Name(to)}' WHERE id = '{experiment.Id}'");
                }
                catch (PostgresException exception) when (exception.ConstraintName == "ck_experiments_state_edge")
                {
                    accepted = false;
                }

                if (accepted != from.MayBecome(to))
                {
                    disagreements.Add($"{from} -> {to}: database {accepted}");
                }
            }
        }

        Assert.Empty(disagreements);
    }

    [Fact]
    public async Task An_unknown_state_is_refused()
    {
        var experiment = await AddExperimentAsync();
        var refusal = await Assert.ThrowsAsync<PostgresException>(() =>
            ExecuteAsync($"UPDATE app.experiments SET state = 'lost' WHERE id = '{experiment.Id}'"));
        Assert.Equal(PostgresErrorCodes.CheckViolation, refusal.SqlState);
    }

    private static string Name(ExperimentState state) => ModelBuilderExtensions.Name(state);
}
