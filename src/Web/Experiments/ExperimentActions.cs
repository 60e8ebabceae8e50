using System.Security.Claims;
using StableRep.Api.Accounts;
using StableRep.Api.Experiments;
using StableRep.Api.Http;
using StableRep.Data.Experiments;

namespace StableRep.Web.Experiments;

/// <summary>Does for a person what the API does for a program: only with what is theirs, and written down in the audit log.</summary>
public sealed class ExperimentActions(ExperimentService experiments, ExperimentEditor editor, AuditLog audit)
{
    /// <summary>Does something with an experiment.</summary>
    /// <exception cref="ForbiddenException">It is somebody else's.</exception>
    public Task RunAsync(ClaimsPrincipal user, ExperimentAction action, Guid id, Guid? ownerId) =>
        ChangeAsync(user, action.Verb, id, ownerId, () => action.Run(experiments, id));

    /// <summary>Adds a tag to an experiment.</summary>
    /// <exception cref="ForbiddenException">It is somebody else's.</exception>
    /// <exception cref="InputException">It is no tag, or there are too many.</exception>
    public Task TagAsync(ClaimsPrincipal user, string tag, Guid id, Guid? ownerId) => ChangeAsync(user, "edit", id, ownerId, () => editor.AddTagAsync(id, tag));

    /// <summary>Changes an experiment's labels.</summary>
    /// <returns>The experiment as it is afterwards.</returns>
    /// <exception cref="ForbiddenException">It is somebody else's.</exception>
    /// <exception cref="InputException">A value is out of range.</exception>
    /// <exception cref="StaleException">It was changed since the version was read.</exception>
    public async Task<Experiment> EditAsync(ClaimsPrincipal user, ExperimentEdit edit, uint version, Experiment experiment)
    {
        var edited = experiment;
        await ChangeAsync(user, "edit", experiment.Id, experiment.OwnerId, async () => edited = await editor.EditAsync(experiment.Id, edit, version));
        return edited;
    }

    private async Task ChangeAsync(ClaimsPrincipal user, string verb, Guid id, Guid? ownerId, Func<Task> change)
    {
        user.RequireMayChange(ownerId, "experiment");
        await change();
        await audit.WriteAsync(user, $"experiment.{verb}", $"experiment {id}");
    }
}
