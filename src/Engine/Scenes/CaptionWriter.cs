using StableRep.Engine.Runtime;

namespace StableRep.Engine.Scenes;

/// <summary>Puts a description into English: a frame, the objects, a place, the background and the light, in one of several orders.</summary>
internal ref struct CaptionWriter(SeededRandom random)
{
    private SeededRandom _random = random;

    public string Write(SceneDescription says)
    {
        if (says.Objects.Count == 0 || says.Objects.Any(it => it.Class is null))
            throw new ArgumentException("A caption names the class of every object it speaks of, and of one at least.", nameof(says));
        var main = says.Objects[0];
        var place = main.Place is { } where ? CaptionWords.Of(where).Pick(ref _random) : "";
        var behind = CaptionWords.Behind(says).Pick(ref _random);
        var shadow = !says.Shadow ? "" : says.Objects.Count > 1 ? "with shadows" : _random.Pick("with a shadow", "casting a shadow");
        var sentence = says.Objects.Count == 1 && main.Colour is not null && !says.Blurry && _random.Chance(0.1f)
            ? Statement(main, place, behind, shadow)
            : Phrase(says, place, behind, shadow);
        return _random.Chance(0.2f) ? $"{char.ToUpperInvariant(sentence[0])}{sentence[1..]}." : sentence;
    }

    /// <summary>"the big fish on the left is red and striped"</summary>
    private string Statement(ObjectDescription main, string place, string behind, string shadow)
    {
        var pattern = main.Texture is { } texture ? "and " + CaptionWords.Adjectives(texture).Pick(ref _random) : "";
        var bare = main with { Colour = null, Texture = null };
        return Join("the", Adjectives(bare), Noun(main), Facing(main), shadow, place, behind, "is", Colour(main), pattern);
    }

    private string Phrase(SceneDescription says, string place, string behind, string shadow)
    {
        var things = Things(says);
        var opening = says.Blurry ? _random.Pick("a blurry picture of", "a blurred picture of", "an out of focus picture of")
            : _random.Chance(0.22f) ? _random.Pick("a picture of", "an image of", "a drawing of", "an illustration of", "a picture showing")
            : _random.Chance(0.1f) ? "there is" : "";
        if (behind.Length > 0 && _random.Chance(0.22f)) return Join(behind + ",", opening, things, shadow, place);
        if (place.Length > 0 && _random.Chance(0.2f)) return Join(place + ",", opening, things, shadow, behind);
        return _random.Chance(0.7f) ? Join(opening, things, shadow, place, behind) : Join(opening, things, shadow, behind, place);
    }

    private string Things(SceneDescription says)
    {
        var first = Thing(says.Objects[0]);
        if (says.Objects.Count == 1) return first;
        var second = Thing(says.Objects[1]);
        if (says.Objects.Count == 2) return Join(first, CaptionWords.Between(says.Relation).Pick(ref _random), second);
        var third = Thing(says.Objects[2]);
        return _random.Chance(0.6f) ? $"{first}, {second} and {third}" : $"{first} with {second} and {third}";
    }

    /// <summary>"a big red fish with stripes"</summary>
    private string Thing(ObjectDescription it)
    {
        var after = it.Texture is { } texture && _random.Chance(0.4f) ? CaptionWords.Additions(texture).Pick(ref _random) : "";
        var phrase = Join(Adjectives(after.Length > 0 ? it with { Texture = null } : it), Noun(it), after, Facing(it));
        return $"{(phrase[0] is 'a' or 'e' or 'i' or 'o' or 'u' ? "an" : "a")} {phrase}";
    }

    private string Adjectives(ObjectDescription it)
    {
        var size = it.Size is { } band ? CaptionWords.Of(band).Pick(ref _random) : "";
        var tilted = it.Tilted ? _random.Pick("tilted", "crooked", "leaning") : "";
        var texture = it.Texture is { } pattern ? CaptionWords.Adjectives(pattern).Pick(ref _random) : "";
        var colour = Colour(it);
        return _random.Chance(0.5f) ? Join(size, tilted, texture, colour) : Join(size, tilted, colour, texture);
    }

    private string Colour(ObjectDescription it) => it.Colour is { } colour ? CaptionWords.Of(colour).Pick(ref _random) : "";

    private string Noun(ObjectDescription it) => CaptionWords.Of(it.Class!.Value).Pick(ref _random);

    private string Facing(ObjectDescription it) => it.FacesLeft switch
    {
        null => "",
        true => _random.Pick("facing left", "looking to the left"),
        false => _random.Pick("facing right", "looking to the right"),
    };

    private static string Join(params ReadOnlySpan<string> parts)
    {
        var text = new System.Text.StringBuilder();
        foreach (var part in parts)
        {
            if (part.Length == 0) continue;
            if (text.Length > 0) text.Append(' ');
            text.Append(part);
        }

        return text.ToString();
    }
}
