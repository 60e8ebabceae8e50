using System.Text.Json;
using System.Text.RegularExpressions;

namespace StableRep.Api.Http;

/// <summary>Says which field of a request could not be read, in the API's words instead of the framework's.</summary>
internal static partial class RequestProblems
{
    private static readonly string[] Required = ["This is required."];

    public static ApiProblem Of(BadHttpRequestException exception)
    {
        if (exception.StatusCode != StatusCodes.Status400BadRequest)
        {
            return ProblemTable.OfStatus(exception.StatusCode);
        }

        if (exception.InnerException is JsonException json)
        {
            return OfJson(json);
        }

        var parameter = Parameter().Match(exception.Message);
        if (parameter.Success)
        {
            var missing = exception.Message.StartsWith("Required", StringComparison.Ordinal);
            return Field(
                JsonNamingPolicy.SnakeCaseLower.ConvertName(parameter.Groups["name"].Value),
                missing ? Required[0] : $"'{Short(parameter.Groups["value"].Value)}' cannot be read as {TypeName(parameter.Groups["type"].Value)}.");
        }

        return exception.InnerException is BadHttpRequestException inner
            ? Of(inner)
            : ProblemTable.Input(
                exception.Message.Contains("body", StringComparison.OrdinalIgnoreCase) ? "A body is required." : ProblemTable.OfStatus(400).Detail, null);
    }

    private static ApiProblem OfJson(JsonException exception)
    {
        var path = exception.Path?.TrimStart('$').TrimStart('.') ?? "";
        var message = exception.Message;
        if (message.Contains("missing required properties", StringComparison.Ordinal))
        {
            var names = Quoted().Matches(message[message.IndexOf("including", StringComparison.Ordinal)..]).Select(match => match.Groups[1].Value);
            return ProblemTable.Input("Fields are missing.", names.ToDictionary(name => Join(path, name), _ => Required));
        }

        var quoted = Quoted().Match(message);
        if (message.Contains("could not be mapped to any .NET member", StringComparison.Ordinal))
        {
            return Field(path.Length > 0 ? path : quoted.Groups[1].Value, "There is no such field.");
        }

        if (message.Contains("null values", StringComparison.Ordinal))
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(quoted.Groups[1].Value);
            return Field(path.EndsWith(name, StringComparison.OrdinalIgnoreCase) ? path : Join(path, name), "This must not be null.");
        }

        var wrong = Conversion().Match(message);
        return wrong.Success
            ? Field(path.Length > 0 ? path : "body", $"This must be {TypeName(wrong.Groups[1].Value)}.")
            : Field(path.Length > 0 ? path : "body", string.Create(
                System.Globalization.CultureInfo.InvariantCulture, $"This is no JSON, at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}."));
    }

    private static ApiProblem Field(string name, string problem) =>
        ProblemTable.Input($"{name}: {problem}", new Dictionary<string, string[]> { [name] = [problem] });

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static string Short(string value) => value.Length <= 60 ? value : value[..60] + "…";

    private static string TypeName(string type) => type.Replace("Nullable", "", StringComparison.Ordinal).Split('.')[^1].Trim('?', '<', '>', '`', '1', '[', ']') switch
    {
        "Int32" or "Int64" or "UInt64" or "UInt32" or "int" or "long" or "ulong" or "uint" => "a whole number in its range",
        "Double" or "Single" or "Decimal" or "double" or "float" or "decimal" => "a number",
        "Boolean" or "bool" => "true or false",
        "String" or "string" => "text",
        "Guid" => "a UUID",
        "DateTimeOffset" or "DateTime" => "a time in ISO 8601",
        _ when type.Contains("List", StringComparison.Ordinal) || type.Contains("[]", StringComparison.Ordinal) => "a list",
        _ => "what the API's reference says",
    };

    [GeneratedRegex("""^(?:Failed to bind|Required) parameter "(?<type>[^"]*?) (?<name>[A-Za-z0-9_]+)"(?: from "(?<value>.*)")?""", RegexOptions.Singleline)]
    private static partial Regex Parameter();

    [GeneratedRegex("'([^']*)'")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"could not be converted to (\S+?)\.? (?:Path:|$)")]
    private static partial Regex Conversion();
}
