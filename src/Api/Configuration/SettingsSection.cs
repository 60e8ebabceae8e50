using System.Globalization;
using System.Reflection;

namespace StableRep.Api.Configuration;

/// <summary>A section of the configuration and the class of its keys.</summary>
/// <param name="Name">The section's name, such as <c>Studio</c>, or of a nested one, such as <c>Artifacts:S3</c>.</param>
/// <param name="Type">The class.</param>
internal sealed record SettingsSection(string Name, Type Type)
{
    /// <summary>The section's keys in the order of the class.</summary>
    public IEnumerable<SettingsKey> Keys => Type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.SetMethod is { IsPublic: true } && property.GetIndexParameters().Length == 0)
        .Select(property => new SettingsKey($"{Name}:{property.Name}", property));

    /// <summary>The keys with values: nested sections are walked into.</summary>
    public IEnumerable<SettingsKey> Leaves => Keys.SelectMany(key => key.IsSection ? key.AsSection.Leaves : [key]);
}

/// <summary>One key.</summary>
/// <param name="Name">Its full name, such as <c>Studio:Roles</c>.</param>
/// <param name="Property">The property that it sets.</param>
internal sealed record SettingsKey(string Name, PropertyInfo Property)
{
    /// <summary>Whether it stands for keys of its own.</summary>
    public bool IsSection => Property.PropertyType.Namespace?.StartsWith("StableRep", StringComparison.Ordinal) == true && Property.PropertyType.IsClass;

    /// <summary>The keys that it stands for.</summary>
    public SettingsSection AsSection => new(Name, Property.PropertyType);

    /// <summary>The type of one value; that of the elements for a list.</summary>
    public Type ValueType => Elements ?? Nullable.GetUnderlyingType(Property.PropertyType) ?? Property.PropertyType;

    /// <summary>Whether it takes several values.</summary>
    public bool IsList => Elements is not null;

    /// <summary>The name that it has in the environment.</summary>
    public string EnvironmentName => Name.Replace(":", "__", StringComparison.Ordinal) + (IsList ? "__0" : "");

    /// <summary>What it is when nothing sets it, as <c>appsettings.json</c> would write it.</summary>
    public object? Default
    {
        get
        {
            var value = Property.GetValue(Activator.CreateInstance(Property.DeclaringType!));
            return value switch
            {
                null or string or bool or int or long or double => value,
                System.Collections.IEnumerable items => items.Cast<object>().ToArray(),
                IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
                _ => value.ToString(),
            };
        }
    }

    private Type? Elements
    {
        get
        {
            var type = Property.PropertyType;
            return type.IsArray
                ? type.GetElementType()
                : type != typeof(string) && type.IsGenericType && typeof(System.Collections.IEnumerable).IsAssignableFrom(type) && type.GetGenericArguments() is [var element]
                    ? element
                    : null;
        }
    }
}
