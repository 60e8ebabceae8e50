using System.Globalization;

namespace StableRep.Web.Shared;

/// <summary>Numbers and times as people read them.</summary>
public static class Words
{
    /// <summary>A length of time in its two largest units.</summary>
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalSeconds: < 1 } => "1 s",
        { TotalSeconds: < 60 } => Text($"{time.TotalSeconds:0} s"),
        { TotalMinutes: < 60 } => time.Seconds == 0 || time.TotalMinutes >= 10 ? Text($"{Math.Floor(time.TotalMinutes):0} min") : Text($"{(int)time.TotalMinutes} min {time.Seconds} s"),
        { TotalHours: < 24 } => time.Minutes == 0 ? Text($"{(int)time.TotalHours} h") : Text($"{(int)time.TotalHours} h {time.Minutes} min"),
        _ => time.Hours == 0 ? Text($"{(int)time.TotalDays} d") : Text($"{(int)time.TotalDays} d {time.Hours} h"),
    };

    /// <summary>How long ago something was.</summary>
    public static string Ago(DateTimeOffset moment, DateTimeOffset now) => now - moment is { TotalSeconds: >= 5 } past ? Duration(past) + " ago" : "just now";

    /// <summary>A whole number with separators.</summary>
    public static string Count(long number) => Text($"{number:N0}");

    /// <summary>A number of things, such as "1 image" and "2 images".</summary>
    public static string Count(long number, string one, string? many = null) => Count(number) + " " + (number == 1 ? one : many ?? one + "s");

    /// <summary>A size in the unit that fits.</summary>
    public static string Bytes(double bytes)
    {
        ReadOnlySpan<string> units = ["B", "kB", "MB", "GB", "TB", "PB"];
        var unit = 0;
        for (; bytes >= 1000 && unit < units.Length - 1; unit++)
        {
            bytes /= 1000;
        }

        return unit == 0 || bytes >= 100 ? Text($"{bytes:0} {units[unit]}") : Text($"{bytes:0.0} {units[unit]}");
    }

    /// <summary>A part of one as a percentage.</summary>
    public static string Percent(double part, int digits = 1) => (part * 100).ToString("F" + digits, CultureInfo.InvariantCulture) + "%";

    /// <summary>A measured value with four significant digits.</summary>
    public static string Value(double value) => double.IsFinite(value) && value != 0 && Math.Abs(value) is < 1e-3 or >= 1e6
        ? value.ToString("0.###e0", CultureInfo.InvariantCulture)
        : value.ToString("G4", CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
