using StableRep.Api.Accounts;
using StableRep.Api.Live;
using StableRep.Api.Webhooks;
using StableRep.Data.Accounts;
using StableRep.Data.Webhooks;

namespace StableRep.Api.Http.Examples;

/// <summary>Examples of people, tokens and webhooks.</summary>
internal static class AccountExamples
{
    private const string Address = "https://hooks.example.org/studio";
    private static readonly string[] Events = ["experiment.done", "experiment.failed"];

    private static readonly Person Ada = new(ExampleThings.Person, "ada", "Ada Lovelace", StudioRole.Researcher, true, ExampleThings.At, null, null);

    private static readonly TokenView Token = new(
        ExampleThings.Other, Ada.Id, Ada.UserName, "nightly sweep", "srs_4fJq", ["read", "write"], ExampleThings.At, ExampleThings.At.AddDays(90), null, null);

    /// <summary>One object of each type.</summary>
    public static IEnumerable<object> All =>
    [
        Ada,
        new NewPerson { UserName = Ada.UserName, DisplayName = Ada.DisplayName, Role = Ada.Role },
        new PersonChange { Role = StudioRole.Admin },
        new Invitation(Ada.Id, "/account/invitation?user=ada&token=CfDJ8Nq7", Ada),
        new NewToken { Name = Token.Name, Scopes = Token.Scopes, ExpiresAt = Token.ExpiresAt },
        new CreatedToken(Token.Id, "srs_4fJqX0bT2mRkW8sVdYp6", Token),
        Token,
        new NewWebhook { Url = Address, Events = Events },
        new WebhookChange { Active = false },
        new WebhookView(ExampleThings.Other, Address, Events, true, ExampleThings.At, "whsec_Zk3vQ1"),
        new DeliveryView(
            17, Events[0], DeliveryState.Delivered, 1, ExampleThings.At,
            new RawJson($$"""{"event":"experiment.done","experimentId":"{{ExampleThings.Experiment}}","from":"probing","to":"done"}"""),
            Status: 204, FinishedAt: ExampleThings.At.AddSeconds(1)),
    ];
}
