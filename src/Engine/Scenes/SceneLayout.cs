using StableRep.Engine.Runtime;

namespace StableRep.Engine.Scenes;

/// <summary>The square that holds an object: side and centre, as fractions of the picture.</summary>
internal readonly record struct LayoutBox(float Size, float X, float Y);

/// <summary>Sizes and places: the main object is clearly the largest, squares do not overlap and lie in the picture but for a sliver.</summary>
internal static class SceneLayout
{
    /// <summary>How much of a box must lie inside: a turned object's corners may leave the picture.</summary>
    private const float Inside = 0.96f;

    public static LayoutBox[] Sample(SeededRandom random, int count, SceneDescription given)
    {
        foreach (var said in given.Objects)
        {
            if (count > 1 && (said.Size ?? (object?)said.Place) is not null)
                throw new ArgumentException("Size and place are only said of an object that is alone.", nameof(given));
        }

        return count switch
        {
            1 => [Alone(ref random, given.Objects.Count > 0 ? given.Objects[0] : null)],
            2 => Two(ref random, given.Relation),
            _ => Three(ref random),
        };
    }

    private static LayoutBox Alone(ref SeededRandom random, ObjectDescription? said)
    {
        var drawn = random.NextSingle() switch { < 0.15f => SizeBand.Small, < 0.58f => SizeBand.Medium, _ => SizeBand.Large };
        const float sliver = 1e-3f; // keeps a draw inside its band whatever the rounding
        var size = (said?.Size ?? drawn) switch
        {
            SizeBand.Small => random.NextSingle(0.37f, SceneRules.SmallSize - sliver),
            SizeBand.Medium => random.NextSingle(SceneRules.SmallSize + sliver, SceneRules.LargeSize - sliver),
            _ => random.NextSingle(SceneRules.LargeSize + sliver, 0.78f),
        };
        var edge = size / 2 * Inside;
        var (x, y) = (random.NextSingle(edge, 1 - edge), random.NextSingle(edge, 1 - edge));
        const float near = SceneRules.NearEdge - sliver, half = SceneRules.MiddleHalfWidth - sliver;
        return said?.Place switch
        {
            Place.Left => new(size, random.NextSingle(edge, near), y),
            Place.Right => new(size, random.NextSingle(1 - near, 1 - edge), y),
            Place.Top => new(size, x, random.NextSingle(edge, near)),
            Place.Bottom => new(size, x, random.NextSingle(1 - near, 1 - edge)),
            Place.Middle => new(size, random.NextSingle(0.5f - half, 0.5f + half), random.NextSingle(0.5f - half, 0.5f + half)),
            _ => new(size, x, y),
        };
    }

    private static LayoutBox[] Two(ref SeededRandom random, Relation? said)
    {
        var draw = random.NextSingle();
        var drawn = draw < 0.36f ? Relation.LeftOf : draw < 0.72f ? Relation.RightOf : draw < 0.86f ? Relation.Above : Relation.Below;
        var relation = said ?? drawn;
        var main = random.NextSingle(0.46f, 0.58f);
        var second = random.NextSingle(0.27f, 0.35f);
        var (mainAlong, secondAlong) = Share(ref random, main, second);
        var mainAcross = random.NextSingle(main / 2, 1 - main / 2);
        // Within reach of the main one's middle, so that the named direction is the greater one.
        var reach = (secondAlong - mainAlong) * 0.9f;
        var secondAcross = random.NextSingle(MathF.Max(second / 2, mainAcross - reach), MathF.Min(1 - second / 2, mainAcross + reach));
        return relation switch
        {
            Relation.LeftOf => [new(main, mainAlong, mainAcross), new(second, secondAlong, secondAcross)],
            Relation.RightOf => [new(main, 1 - mainAlong, mainAcross), new(second, 1 - secondAlong, secondAcross)],
            Relation.Above => [new(main, mainAcross, mainAlong), new(second, secondAcross, secondAlong)],
            _ => [new(main, mainAcross, 1 - mainAlong), new(second, secondAcross, 1 - secondAlong)],
        };
    }

    private static LayoutBox[] Three(ref SeededRandom random)
    {
        var (flip, upright) = (random.Chance(0.5f), random.Chance(0.5f));
        var main = random.NextSingle(0.46f, 0.56f);
        var (second, third) = (random.NextSingle(0.27f, 0.33f), random.NextSingle(0.27f, 0.33f));
        var (mainAlong, _) = Share(ref random, main, MathF.Max(second, third));
        var mainAcross = random.NextSingle(main / 2, 1 - main / 2);
        var nearest = mainAlong + main / 2;
        var secondAlong = random.NextSingle(nearest + second / 2, MathF.Max(nearest + second / 2, 1 - second / 2));
        var thirdAlong = random.NextSingle(nearest + third / 2, MathF.Max(nearest + third / 2, 1 - third / 2));
        var (secondAcross, thirdAcross) = Share(ref random, second, third);
        return [Put(main, mainAlong, mainAcross), Put(second, secondAlong, secondAcross), Put(third, thirdAlong, thirdAcross)];

        LayoutBox Put(float size, float along, float across)
        {
            if (flip) along = 1 - along;
            return upright ? new(size, across, along) : new(size, along, across);
        }
    }

    /// <summary>Centres of two boxes one after the other on a line of length 1, the free length shared out at random.</summary>
    private static (float First, float Second) Share(ref SeededRandom random, float first, float second)
    {
        var (a, b, c) = (random.NextSingle() + 0.1f, random.NextSingle() * 0.6f, random.NextSingle() + 0.1f);
        var free = (1 - first - second) / (a + b + c);
        return (a * free + first / 2, 1 - c * free - second / 2);
    }
}
