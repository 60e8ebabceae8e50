using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace StableRep.Api.Configuration;

/// <summary>Says what keys are for, from the classes' documentation comments, which lie beside the program as XML.</summary>
internal sealed partial class SettingsText
{
    private readonly Dictionary<string, XElement> _members = [];

    /// <summary>Reads the comments of all sections' classes.</summary>
    /// <exception cref="FileNotFoundException">The program was published without its documentation files.</exception>
    public SettingsText(IEnumerable<SettingsSection> sections)
    {
        foreach (var assembly in sections.SelectMany(section => section.Leaves).Select(key => key.Property.DeclaringType!.Assembly).Distinct())
        {
            var path = Path.Combine(AppContext.BaseDirectory, assembly.GetName().Name + ".xml");
            foreach (var member in XDocument.Load(path).Descendants("member"))
            {
                _members[member.Attribute("name")!.Value] = member;
            }
        }
    }

    /// <summary>What a section is about.</summary>
    public string Of(SettingsSection section) => Text("T:" + section.Type.FullName);

    /// <summary>What a key is for.</summary>
    public string Of(SettingsKey key) => Text($"P:{key.Property.DeclaringType!.FullName}.{key.Property.Name}");

    /// <summary>What values a type takes.</summary>
    public static string Kind(Type type) => type switch
    {
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(int) || type == typeof(long) => "a whole number",
        _ when type == typeof(double) => "a number",
        _ when type == typeof(TimeSpan) => "a time as hh:mm:ss",
        _ when type == typeof(Uri) => "an address",
        _ when type.IsEnum => "one of " + string.Join(", ", Enum.GetNames(type).Select(name => name.ToLowerInvariant())),
        _ => "text",
    };

    /// <summary>What values a key takes.</summary>
    public static string Values(SettingsKey key)
    {
        var kind = Kind(key.ValueType);
        var range = key.Property.GetCustomAttribute<RangeAttribute>();
        var allowed = key.Property.GetCustomAttribute<AllowedValuesAttribute>();
        var text = allowed is not null
            ? string.Join(", ", allowed.Values.Where(value => value is not null).Select(value => $"`{value}`"))
            : range is not null
                ? string.Create(CultureInfo.InvariantCulture, $"{kind}, {range.Minimum} to {range.Maximum}")
                : kind;
        return key.IsList ? "a list of: " + text : text;
    }

    /// <summary>Whether a key's value must not be shown.</summary>
    public static bool IsSecret(SettingsKey key) => SecretName().IsMatch(key.Property.Name);

    private string Text(string member) => _members.TryGetValue(member, out var found) && found.Element("summary") is { } summary
        ? Spaces().Replace(string.Concat(summary.Nodes().Select(Plain)), " ").Trim()
        : throw new InvalidOperationException($"{member} has no documentation comment.");

    private static string Plain(XNode node) => node switch
    {
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement { Name.LocalName: "see" } see => $"`{(see.Attribute("cref") ?? see.Attribute("langword"))!.Value.Split('.')[^1]}`",
        XElement element => element.Value,
        XText text => text.Value,
        _ => "",
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex("(Token|SecretKey|Password|Secret)$")]
    private static partial Regex SecretName();
}
