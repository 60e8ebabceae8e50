namespace StableRep.Api.Http.Examples;

/// <summary>What the examples have in common, so that they tell one story.</summary>
internal static class ExampleThings
{
    public const string Sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    public const string Caption = "a red bicycle leaning against a stone wall";

    public static Guid Captions { get; } = Guid.Parse("019ab4d2-7c1e-7a40-9c35-3b1f0e6a2d11");

    public static Guid Generator { get; } = Guid.Parse("019ab4d3-02f8-7d19-b0c4-5e8a7c914f22");

    public static Guid ImageSet { get; } = Guid.Parse("019ab4d5-9b60-7e03-8a77-61c2d4f0e833");

    public static Guid Experiment { get; } = Guid.Parse("019ab4d5-9b7c-74d5-a1f0-27d9b3c85e44");

    public static Guid Other { get; } = Guid.Parse("019ab4d9-41aa-7b62-8d0e-90f3a6b7c155");

    public static Guid Person { get; } = Guid.Parse("019ab4c0-1d2e-7f30-9a4b-5c6d7e8f9a66");

    public static DateTimeOffset At { get; } = new(2026, 11, 24, 9, 30, 0, TimeSpan.Zero);

    public static IFormFile File(string name) => new FormFile(Stream.Null, 0, 0, "file", name);
}
