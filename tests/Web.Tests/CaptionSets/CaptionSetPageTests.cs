using System.Security.Claims;
using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;
using StableRep.Api.Accounts;
using StableRep.Api.CaptionSets;
using StableRep.Api.Http.Lists;
using StableRep.Testing;
using StableRep.Web.CaptionSets;

namespace StableRep.Web.Tests.CaptionSets;

/// <summary>The page of one caption set, for its owner and for others.</summary>
public sealed class CaptionSetPageTests(TestCluster cluster) : StoreContext(cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_set_is_deleted_after_a_question_and_the_deed_is_written_down()
    {
        var set = await AddSetAsync();
        var page = Render<CaptionSetPage>(parameters => parameters.Add(view => view.Id, set));
        var dialogs = Render<MudDialogProvider>();
        page.WaitForState(() => page.FindComponents<LengthHistogram>().Count == 1, Patience);
        var clicked = ActAsync(page, () => page.FindAll("button").Single(button => button.TextContent.Trim() == "Delete").ClickAsync());
        dialogs.WaitForElement(".confirm-text", Patience);
        await ActAsync(dialogs, () => dialogs.FindAll("button").Single(button => button.TextContent.Trim() == "Delete").ClickAsync());
        await clicked;
        Assert.EndsWith("/caption-sets", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal);
        Assert.Empty(await Get<CaptionSetCatalogue>().ListAsync(null, cancellationToken: Stop));
        var entry = Assert.Single((await Get<AuditLog>().ListAsync(new ListQuery { Filter = "action = \"caption_set.delete\"" }, Stop)).Items);
        Assert.Equal($"caption set {set}", entry.Target);
    }

    [Fact]
    public async Task A_set_of_somebody_else_has_nothing_to_delete_it_with()
    {
        Person.SetAuthorized("ada").SetRoles("researcher").SetPolicies(Policies.Viewer, Policies.Researcher).SetClaims(new Claim(ClaimTypes.NameIdentifier, Guid.NewGuid().ToString()));
        var set = await AddSetAsync();
        var page = Render<CaptionSetPage>(parameters => parameters.Add(view => view.Id, set));
        page.WaitForElement("[aria-label=Captions]", Patience);
        Assert.DoesNotContain(page.FindAll("button"), button => button.TextContent.Trim() == "Delete");
    }

    private async Task<Guid> AddSetAsync()
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.txt");
        await File.WriteAllTextAsync(path, "a cat\na dog\n", Stop);
        try
        {
            return (await Get<CaptionSetService>().KeepAsync(CaptionFile.Open(path, "pets.txt"), "pets", "pets.txt", null, null, Stop)).Set.Id;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
