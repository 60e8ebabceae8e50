namespace StableRep.Data.Experiments;

/// <summary>
/// The trigger that refuses an illegal change of an experiment's state, whoever makes it. Its edges are <see cref="ExperimentStates.All"/>:
/// a migration that changes them drops and creates the trigger again.
/// </summary>
internal static class ExperimentStateTrigger
{
    public static string Create =>
        $"""
        CREATE FUNCTION app.check_experiment_state() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            IF (OLD.state, NEW.state) NOT IN ({string.Join(", ", ExperimentStates.All.Select(edge => $"('{Name(edge.From)}', '{Name(edge.To)}')"))}) THEN
                RAISE EXCEPTION 'experiment % may not go from % to %', NEW.id, OLD.state, NEW.state
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_experiments_state_edge';
            END IF;
            RETURN NEW;
        END $body$;
        CREATE TRIGGER check_experiment_state BEFORE UPDATE OF state ON app.experiments
            FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION app.check_experiment_state();
        """;

    public static string Drop => "DROP TRIGGER check_experiment_state ON app.experiments; DROP FUNCTION app.check_experiment_state();";

    private static string Name(ExperimentState state) => ModelBuilderExtensions.Name(state);
}
