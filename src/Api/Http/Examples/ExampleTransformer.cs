using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace StableRep.Api.Http.Examples;

/// <summary>Puts the examples of what an operation takes and gives into its description.</summary>
internal sealed class ExampleTransformer : IOpenApiOperationTransformer
{
    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.Description.ParameterDescriptions.FirstOrDefault(parameter => parameter.Source == BindingSource.Body)?.Type is { } body)
        {
            Show(operation.RequestBody?.Content, ApiExamples.Of(body));
        }

        foreach (var answer in context.Description.SupportedResponseTypes.Where(answer => answer.Type is not null))
        {
            Show(operation.Responses?.GetValueOrDefault(answer.StatusCode.ToString(CultureInfo.InvariantCulture))?.Content, ApiExamples.Of(answer.Type!));
        }

        return Task.CompletedTask;
    }

    private static void Show(IDictionary<string, OpenApiMediaType>? content, JsonNode? example)
    {
        foreach (var media in example is null ? [] : content?.Values ?? [])
        {
            media.Example = example!.DeepClone();
        }
    }
}
