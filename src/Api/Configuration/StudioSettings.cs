using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using StableRep.Api.Experiments;
using StableRep.Api.Hosting;

namespace StableRep.Api.Configuration;

/// <summary>Every section of the studio's own, and whether a configuration fits them.</summary>
internal static class StudioSettings
{
    /// <summary>The section of databases.</summary>
    public const string ConnectionStrings = "ConnectionStrings";

    private const int NearEnough = 3;

    /// <summary>The sections. A class that is not named here is not documented, and its keys stop the start as unknown.</summary>
    public static readonly IReadOnlyList<SettingsSection> Sections =
    [
        new(StudioOptions.Section, typeof(StudioOptions)),
        new(EngineOptions.Section, typeof(EngineOptions)),
        new(HubSettings.Section, typeof(HubSettings)),
        new(ArtifactOptions.Section, typeof(ArtifactOptions)),
        new(DemoOptions.Section, typeof(DemoOptions)),
    ];

    /// <summary>Refuses unknown keys and wrong values, all at once.</summary>
    /// <exception cref="SettingsException">There are some.</exception>
    public static void Check(IConfiguration configuration)
    {
        List<string> problems =
        [
            .. UnknownSections(configuration),
            .. Sections.SelectMany(section => UnknownKeys(configuration.GetSection(section.Name), section)),
            .. Sections.SelectMany(section => WrongValues(configuration, section)),
            .. MissingBucket(configuration),
        ];
        if (problems.Count > 0)
        {
            throw new SettingsException(problems);
        }
    }

    /// <summary>Every key of the studio's sections that is set, for a process that is started with the same configuration.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Values(IConfiguration configuration) => Sections
        .SelectMany(section => configuration.GetSection(section.Name).AsEnumerable()).Where(item => !string.IsNullOrEmpty(item.Value));

    // The environment is full of keys that are none of ours: only those count that nearly are.
    private static IEnumerable<string> UnknownSections(IConfiguration configuration)
    {
        string[] known = [.. Sections.Select(section => section.Name), ConnectionStrings];
        foreach (var child in configuration.GetChildren().Where(child => child.GetChildren().Any() && !known.Contains(child.Key, StringComparer.OrdinalIgnoreCase)))
        {
            if (Distance(child.Key, Nearest(child.Key, known)) <= 2 && child.Key is not ("Logging" or "Kestrel"))
            {
                yield return $"{child.Key} is no section: did you mean {Nearest(child.Key, known)}?";
            }
        }
    }

    private static IEnumerable<string> UnknownKeys(IConfigurationSection configured, SettingsSection section)
    {
        var keys = section.Keys.ToDictionary(key => key.Property.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var child in configured.GetChildren())
        {
            if (!keys.TryGetValue(child.Key, out var key))
            {
                yield return $"{child.Path} is no key: {Suggestion(child, section)}";
            }
            else if (key.IsSection)
            {
                foreach (var problem in UnknownKeys(child, key.AsSection))
                {
                    yield return problem;
                }
            }
            else if (!key.IsList && child.GetChildren().Any())
            {
                yield return $"{child.GetChildren().First().Path} is no key: {key.Name} is a single value.";
            }
        }
    }

    private static string Suggestion(IConfigurationSection unknown, SettingsSection section)
    {
        var names = section.Keys.Select(key => key.Property.Name).ToArray();
        var nearest = Nearest(unknown.Key, names);
        return Distance(unknown.Key, nearest) <= NearEnough
            ? $"did you mean {section.Name}:{nearest}?"
            : $"{section.Name} has {string.Join(", ", names)}.";
    }

    private static IEnumerable<string> WrongValues(IConfiguration configuration, SettingsSection section)
    {
        var unreadable = section.Leaves.SelectMany(key => Unreadable(configuration.GetSection(key.Name), key)).ToList();
        var misplaced = section.Leaves.Any(key => !key.IsList && configuration.GetSection(key.Name).GetChildren().Any());
        return unreadable.Count > 0 || misplaced
            ? unreadable
            : Invalid(configuration.GetSection(section.Name).Get(section.Type) ?? Activator.CreateInstance(section.Type)!, section);
    }

    private static IEnumerable<string> Unreadable(IConfigurationSection configured, SettingsKey key)
    {
        foreach (var value in key.IsList ? configured.GetChildren() : [configured])
        {
            if (!string.IsNullOrEmpty(value.Value) && !TypeDescriptor.GetConverter(key.ValueType).IsValid(value.Value))
            {
                yield return $"{value.Path} is '{value.Value}': it must be {SettingsText.Kind(key.ValueType)}.";
            }
        }
    }

    private static IEnumerable<string> Invalid(object options, SettingsSection section)
    {
        var results = new List<ValidationResult>();
        foreach (var key in section.Keys)
        {
            var value = key.Property.GetValue(options);
            if (key.IsSection && value is not null)
            {
                foreach (var problem in Invalid(value, key.AsSection))
                {
                    yield return problem;
                }

                continue;
            }

            results.Clear();
            if (!Validator.TryValidateProperty(value, new ValidationContext(options) { MemberName = key.Property.Name }, results))
            {
                foreach (var result in results)
                {
                    yield return Told(key, value, result.ErrorMessage ?? "");
                }
            }
        }

        if (options is IValidatableObject whole)
        {
            foreach (var result in whole.Validate(new ValidationContext(options)))
            {
                yield return Sentence($"{section.Name}:{string.Join(", ", result.MemberNames)}", result.ErrorMessage ?? "");
            }
        }
    }

    private static string Told(SettingsKey key, object? value, string message)
    {
        var state = value is null or "" ? "is missing" : SettingsText.IsSecret(key) ? "is set" : $"is '{value}'";
        return Sentence(key.Name, message.StartsWith("must ", StringComparison.Ordinal) ? $"{state}: it {message}" : message);
    }

    // Messages of other rules may name the key themselves.
    private static string Sentence(string name, string message) =>
        (message.Contains(name, StringComparison.Ordinal) ? message : $"{name} {message}").TrimEnd('.') + ".";

    private static IEnumerable<string> MissingBucket(IConfiguration configuration)
    {
        if (configuration["Studio:ArtifactStore"] == StudioOptions.S3 && string.IsNullOrEmpty(configuration["Artifacts:S3:Bucket"]))
        {
            yield return "Artifacts:S3:Bucket is missing: it must name the bucket, since Studio:ArtifactStore is 's3'.";
        }
    }

    private static string Nearest(string name, IEnumerable<string> names) => names.MinBy(other => Distance(name, other))!;

    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var same = char.ToUpperInvariant(one[i - 1]) == char.ToUpperInvariant(other[j - 1]);
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (same ? 0 : 1)));
            }
        }

        return row[^1];
    }
}
