using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Scalar.AspNetCore;
using StableRep.Api.Accounts;
using StableRep.Api.Http.Examples;

namespace StableRep.Api.Http;

/// <summary>The API's description (OpenAPI 3.1) and the reference page that shows it, which fetches nothing from other sites.</summary>
internal static class ApiDocument
{
    private const string Name = "v1";
    private const string Token = "token";
    private const string ProblemSchema = "ProblemBody";

    public static void AddApiDocument(this IServiceCollection services) => services.AddOpenApi(Name, options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.ShouldInclude = description => description.RelativePath?.StartsWith("api/v1", StringComparison.Ordinal) == true;
        options.AddDocumentTransformer(async (document, context, stop) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "StableRep Studio",
                Version = Name,
                Description =
                    "Captions, generated images, StableRep training and probes. Errors are problem details (RFC 9457) with a stable type. Lists take page_size, " +
                    "page_token, filter and order_by. A POST with an Idempotency-Key is done once. Edits take If-Match with the ETag that was read.",
            };
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
            document.Components.SecuritySchemes[Token] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "An API token: srs_... Make one under /api/v1/tokens. In single-user mode none is needed.",
            };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Token, document)] = [] }];
            document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
            document.Components.Schemas.TryAdd(ProblemSchema, await context.GetOrCreateSchemaAsync(typeof(ProblemBody), cancellationToken: stop));
        });
        options.AddOperationTransformer<ExampleTransformer>();
        options.AddOperationTransformer((operation, context, _) =>
        {
            operation.Responses ??= [];
            operation.Responses.TryAdd("default", new OpenApiResponse
            {
                Description = "A problem",
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/problem+json"] = new OpenApiMediaType
                    {
                        Schema = new OpenApiSchemaReference(ProblemSchema, context.Document),
                        Example = Example(),
                    },
                },
            });
            if (context.Description.HttpMethod == "POST")
            {
                operation.Parameters ??= [];
                operation.Parameters.Add(new OpenApiParameter
                {
                    Name = "Idempotency-Key",
                    In = ParameterLocation.Header,
                    Description = "Any text of yours: the request is done once, and its reply is given again for 24 hours.",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 200 },
                });
            }

            return Task.CompletedTask;
        });
    });

    public static void MapApiDocument(this WebApplication app)
    {
        app.MapOpenApi("/openapi/{documentName}.json").RequireAuthorization(Policies.Viewer);
        app.MapScalarApiReference("/reference", options =>
        {
            options.Title = "StableRep Studio";
            options.OpenApiRoutePattern = "/openapi/{documentName}.json";
            options.DefaultFonts = false;
            options.ProxyUrl = null;
            options.DisableTelemetry();
            options.DisableAgent();
            options.DisableMcp();
        }).RequireAuthorization(Policies.Viewer);
    }

    private static JsonObject Example() => new()
    {
        ["type"] = "/problems/invalid-input",
        ["title"] = "Something in the request is wrong",
        ["status"] = 400,
        ["detail"] = "The name must have 1 to 200 characters.",
        ["instance"] = "/api/v1/tokens",
        ["traceId"] = "5b8efff798038103d269b633813fc60c",
        ["errors"] = new JsonObject { ["name"] = new JsonArray("The name must have 1 to 200 characters.") },
    };
}
