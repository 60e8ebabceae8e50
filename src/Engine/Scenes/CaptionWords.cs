using StableRep.Engine.Runtime;

namespace StableRep.Engine.Scenes;

/// <summary>Words for one thing: the usual one, and others that take its place now and then.</summary>
internal readonly record struct Synonyms(float Usual, params string[] Words)
{
    public static Synonyms None { get; } = new(1, "");

    public string Pick(ref SeededRandom random)
    {
        var usual = random.Chance(Usual);
        var other = random.Next(Math.Max(1, Words.Length - 1)) + 1;
        return usual || Words.Length == 1 ? Words[0] : Words[other];
    }
}

/// <summary>The vocabulary of captions.</summary>
internal static class CaptionWords
{
    public static Synonyms Of(ObjectClass of) => of switch
    {
        ObjectClass.House => new(0.7f, "house", "cottage", "hut"),
        ObjectClass.Tree => new(1, "tree"),
        ObjectClass.Fish => new(1, "fish"),
        ObjectClass.Car => new(0.8f, "car", "automobile"),
        ObjectClass.Star => new(0.9f, "star", "five-pointed star"),
        ObjectClass.Cup => new(0.6f, "cup", "mug"),
        ObjectClass.Flower => new(0.85f, "flower", "blossom"),
        ObjectClass.Boat => new(0.6f, "boat", "sailboat", "sailing boat"),
        ObjectClass.Bird => new(0.9f, "bird", "songbird"),
        ObjectClass.Mushroom => new(0.8f, "mushroom", "toadstool"),
        ObjectClass.Cat => new(0.7f, "cat", "kitten", "cat's face"),
        ObjectClass.Umbrella => new(0.8f, "umbrella", "parasol"),
        ObjectClass.Key => new(1, "key"),
        ObjectClass.Heart => new(0.9f, "heart", "heart shape"),
        ObjectClass.Rocket => new(0.75f, "rocket", "spaceship", "space rocket"),
        ObjectClass.Moon => new(0.6f, "moon", "crescent moon", "crescent"),
        ObjectClass.Chair => new(1, "chair"),
        _ => new(1, "butterfly"),
    };

    public static Synonyms Of(ObjectColour colour) => colour switch
    {
        ObjectColour.Red => new(0.85f, "red", "bright red", "crimson"),
        ObjectColour.Orange => new(0.9f, "orange", "bright orange"),
        ObjectColour.Yellow => new(0.9f, "yellow", "bright yellow"),
        ObjectColour.Green => new(0.9f, "green", "emerald green"),
        ObjectColour.Blue => new(0.88f, "blue", "azure"),
        ObjectColour.Purple => new(0.8f, "purple", "violet"),
        ObjectColour.Pink => new(0.9f, "pink", "rosy pink"),
        ObjectColour.Brown => new(0.9f, "brown", "chocolate brown"),
        ObjectColour.White => new(0.9f, "white", "snow white"),
        _ => new(0.9f, "black", "jet black"),
    };

    public static Synonyms Adjectives(ObjectTexture texture) => texture switch
    {
        ObjectTexture.Plain => new(1, "plain"),
        ObjectTexture.Striped => new(0.8f, "striped", "stripy"),
        _ => new(0.5f, "dotted", "spotted", "polka-dot"),
    };

    public static Synonyms Additions(ObjectTexture texture) => texture switch
    {
        ObjectTexture.Plain => new(1, "without a pattern"),
        ObjectTexture.Striped => new(0.8f, "with stripes", "covered in stripes"),
        _ => new(0.5f, "with dots", "with spots", "covered in dots"),
    };

    public static Synonyms Of(SizeBand size) => size switch
    {
        SizeBand.Small => new(0.6f, "small", "little", "tiny"),
        SizeBand.Medium => new(1, "medium-sized"),
        _ => new(0.5f, "big", "large", "huge"),
    };

    public static Synonyms Of(Place place) => place switch
    {
        Place.Left => new(0.7f, "on the left", "on the left side", "at the left"),
        Place.Right => new(0.7f, "on the right", "on the right side", "at the right"),
        Place.Top => new(0.7f, "at the top", "in the upper half"),
        Place.Bottom => new(0.7f, "at the bottom", "in the lower half"),
        _ => new(0.5f, "in the middle", "in the centre", "in the center"),
    };

    public static Synonyms Between(Relation? relation) => relation switch
    {
        null => new(0.6f, "and", "with", "together with"),
        Relation.LeftOf => new(0.4f, "to the left of", "left of", "next to", "beside"),
        Relation.RightOf => new(0.4f, "to the right of", "right of", "next to", "beside"),
        Relation.Above => new(0.7f, "above", "over"),
        _ => new(0.7f, "below", "under"),
    };

    public static Synonyms Behind(SceneDescription says) => says switch
    {
        { Landscape: Landscape.Meadow } => new(0.4f, "in a meadow", "in a field", "on the grass"),
        { Landscape: Landscape.Desert } => new(0.5f, "in the desert", "on the sand", "among sand dunes"),
        { Landscape: Landscape.Sea } => new(0.4f, "by the sea", "at the seaside", "in front of the ocean"),
        { Landscape: Landscape.Snow } => new(0.5f, "in the snow", "in a snowy landscape", "in winter"),
        { Landscape: Landscape.Night } => new(0.6f, "at night", "under the stars", "under a night sky"),
        { Landscape: Landscape.Sunset } => new(0.6f, "at sunset", "in the evening", "under an evening sky"),
        { Background: BackgroundKind.Plain } => new(0.5f, "on a plain background", "on a simple background", "against a plain wall"),
        { Background: BackgroundKind.Gradient } => new(0.6f, "on a gradient background", "in front of a gradient", "against a gradient backdrop"),
        { Background: BackgroundKind.Landscape } => new(0.6f, "in a landscape", "outdoors", "in the open air"),
        { Background: BackgroundKind.Noise } => new(0.5f, "on a mottled background", "on a blotchy background", "against a marbled wall"),
        _ => Synonyms.None,
    };
}
