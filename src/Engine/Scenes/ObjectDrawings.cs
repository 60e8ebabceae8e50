using static StableRep.Engine.Scenes.ObjectBrush;

namespace StableRep.Engine.Scenes;

/// <summary>How each class looks: upright, facing right, in the box [-1, 1]² with y downwards.</summary>
internal static class ObjectDrawings
{
    private static readonly SceneColour Wood = new(112, 72, 42);
    private static readonly SceneColour Leaf = new(62, 128, 58);
    private static readonly SceneColour Glass = new(196, 224, 240);
    private static readonly SceneColour Cream = new(245, 233, 208);
    private static readonly SceneColour Ink = new(38, 36, 42);
    private static readonly SceneColour Steel = new(112, 116, 124);
    private static readonly SceneColour Paper = new(250, 250, 248);
    private static readonly SceneColour Gold = new(240, 190, 60);
    private static readonly SceneColour Beak = new(236, 150, 48);
    private static readonly SceneColour Nose = new(226, 132, 140);

    public static void Draw(ObjectClass of, ObjectBrush b)
    {
        switch (of)
        {
            case ObjectClass.House: House(b); break;
            case ObjectClass.Tree: Tree(b); break;
            case ObjectClass.Fish: Fish(b); break;
            case ObjectClass.Car: Car(b); break;
            case ObjectClass.Star: Star(b); break;
            case ObjectClass.Cup: Cup(b); break;
            case ObjectClass.Flower: Flower(b); break;
            case ObjectClass.Boat: Boat(b); break;
            case ObjectClass.Bird: Bird(b); break;
            case ObjectClass.Mushroom: Mushroom(b); break;
            case ObjectClass.Cat: Cat(b); break;
            case ObjectClass.Umbrella: Umbrella(b); break;
            case ObjectClass.Key: Key(b); break;
            case ObjectClass.Heart: Heart(b); break;
            case ObjectClass.Rocket: Rocket(b); break;
            case ObjectClass.Moon: Moon(b); break;
            case ObjectClass.Chair: Chair(b); break;
            case ObjectClass.Butterfly: Butterfly(b); break;
            default: throw new ArgumentOutOfRangeException(nameof(of), of, "No drawing for this class.");
        }
    }

    private static void House(ObjectBrush b)
    {
        var (a, width, overhang, variant) = b.Shape;
        var wall = Mix(0.66f, 0.84f, width);
        var eaves = Mix(-0.22f, 0.02f, a);
        var roof = wall + Mix(0.08f, 0.15f, overhang);
        if (variant > 0.4f) b.Box(0.34f, -0.86f, 0.58f, eaves).Part(b.Dark);
        b.Box(-wall, eaves - 0.02f, wall, 0.95f).Body();
        var ridge = overhang > 0.65f ? 0.32f : 0;
        b.Polygon((-roof, eaves), (-ridge, -0.95f), (ridge, -0.95f), (roof, eaves)).Part(b.Dark);
        var door = variant > 0.7f ? -0.36f : 0;
        b.Box(door - 0.17f, 0.36f, door + 0.17f, 0.95f).Part(Wood);
        if (variant <= 0.7f)
        {
            Window(-0.46f);
            Window(0.46f);
        }
        else
        {
            Window(0.34f);
        }

        void Window(float x) => b.Box(x - 0.15f, 0.24f, x + 0.15f, 0.54f).Part(Glass);
    }

    private static void Tree(ObjectBrush b)
    {
        var (kind, width, height, trunk) = b.Shape;
        var half = Mix(0.10f, 0.16f, trunk);
        b.Polygon((-half, 0.2f), (half, 0.2f), (half * 1.4f, 0.97f), (-half * 1.4f, 0.97f)).Part(Wood);
        var reach = Mix(0.62f, 0.82f, width);
        if (kind < 0.3f)
        {
            b.Oval(0, -0.3f, reach, Mix(0.58f, 0.66f, height)).Body();
        }
        else if (kind < 0.65f)
        {
            b.Oval(-0.42f, 0.02f, reach * 0.6f, 0.36f).Oval(0.42f, 0.02f, reach * 0.6f, 0.36f)
                .Oval(-0.26f, -0.40f, 0.42f, 0.38f).Oval(0.28f, -0.40f, 0.42f, 0.38f).Oval(0, -0.6f, 0.38f, 0.35f).Oval(0, -0.1f, 0.45f, 0.4f).Body();
        }
        else
        {
            b.Polygon((-reach, 0.52f), (0, -0.25f), (reach, 0.52f)).Body();
            b.Polygon((-reach * 0.8f, 0.08f), (0, -0.62f), (reach * 0.8f, 0.08f)).Body();
            b.Polygon((-reach * 0.58f, -0.34f), (0, -0.97f), (reach * 0.58f, -0.34f)).Body();
        }
    }

    private static void Fish(ObjectBrush b)
    {
        var (fat, tail, fin, snout) = b.Shape;
        var height = Mix(0.42f, 0.64f, fat);
        var spread = Mix(0.38f, 0.58f, tail);
        var nose = Mix(0.88f, 0.96f, snout);
        b.Move(-0.25f, -height * 0.7f).Curve(-0.1f, -height - Mix(0.25f, 0.42f, fin), 0.2f, -height - 0.2f, 0.35f, -height * 0.75f).Close().Part(b.Dark);
        b.Move(-0.3f, 0).Curve(-0.6f, -0.1f, -0.97f, -spread).Curve(-0.76f, 0, -0.97f, spread).Curve(-0.6f, 0.1f, -0.3f, 0).Close().Part(b.Dark);
        b.Move(nose, 0).Curve(0.55f, -height * 1.25f, -0.2f, -height * 1.15f, -0.62f, 0).Curve(-0.2f, height * 1.15f, 0.55f, height * 1.25f, nose, 0).Close().Body();
        b.Move(0.26f, -height * 0.55f).Curve(0.1f, 0, 0.26f, height * 0.55f).Stroke(b.Line, 0.06f);
        b.Oval(0.53f, -0.12f, 0.13f, 0.13f).Detail(Paper);
        b.Oval(0.56f, -0.12f, 0.07f, 0.07f).Detail(Ink);
    }

    private static void Car(ObjectBrush b)
    {
        var (van, roof, bonnet, wheel) = b.Shape;
        var top = Mix(-0.5f, -0.34f, roof);
        var front = Mix(0.3f, 0.5f, bonnet);
        var back = van > 0.6f ? -0.9f : -0.72f;
        var slope = van > 0.6f ? 0.05f : 0.3f;
        b.Polygon((back, 0.1f), (back + slope, top), (front - 0.25f, top), (front + 0.12f, 0.1f)).Body();
        b.Move(-0.95f, 0.02f).To(0.62f, 0.02f).Curve(0.95f, 0.04f, 0.96f, 0.26f).To(0.96f, 0.46f).To(-0.95f, 0.46f).Close().Body();
        b.Polygon((back + 0.13f, 0.02f), (back + 0.09f + slope, top + 0.1f), (-0.16f, top + 0.1f), (-0.16f, 0.02f)).Detail(Glass);
        b.Polygon((-0.06f, 0.02f), (-0.06f, top + 0.1f), (front - 0.29f, top + 0.1f), (front - 0.02f, 0.02f)).Detail(Glass);
        b.Oval(0.88f, 0.2f, 0.07f, 0.08f).Detail(Gold);
        var radius = Mix(0.22f, 0.27f, wheel);
        foreach (var x in (ReadOnlySpan<float>)[-0.52f, 0.52f])
        {
            b.Oval(x, 0.46f, radius, radius).Detail(Ink);
            b.Oval(x, 0.46f, radius * 0.45f, radius * 0.45f).Detail(new SceneColour(190, 192, 198));
        }
    }

    private static void Star(ObjectBrush b)
    {
        var inner = Mix(0.40f, 0.54f, b.Shape.A) * 0.98f;
        Span<(float X, float Y)> points = stackalloc (float, float)[10];
        for (var i = 0; i < points.Length; i++)
        {
            var (sin, cos) = MathF.SinCos(MathF.PI * i / 5);
            var radius = i % 2 == 0 ? 0.98f : inner;
            points[i] = (radius * sin, 0.05f - radius * cos);
        }

        b.Polygon(points).Body();
    }

    private static void Cup(ObjectBrush b)
    {
        var (top, bottom, handle, height) = b.Shape;
        var (rim, foot) = (Mix(0.54f, 0.64f, top), Mix(0.38f, 0.56f, bottom));
        var (upper, lower) = (Mix(-0.74f, -0.56f, height), Mix(0.70f, 0.82f, height));
        const float shift = -0.18f;
        var middle = (upper + lower) / 2 - 0.04f;
        b.Arc(shift + rim - 0.02f, middle, Mix(0.36f, 0.44f, handle), Mix(0.36f, 0.46f, handle), -80, 165, move: true).BodyStroke(0.17f);
        b.Move(shift - rim, upper).To(shift - foot, lower - 0.08f).Curve(shift, lower + 0.18f, shift + foot, lower - 0.08f).To(shift + rim, upper).Close().Body();
        b.Oval(shift, upper, rim, 0.17f).Part(b.Light);
        b.Oval(shift, upper + 0.02f, rim * 0.84f, 0.11f).Detail(new SceneColour(84, 54, 38));
    }

    private static void Flower(ObjectBrush b)
    {
        var (count, length, bend, kind) = b.Shape;
        var lean = Mix(-0.15f, 0.15f, bend);
        b.Move(0, -0.2f).Curve(lean, 0.4f, lean * 0.5f, 0.97f).Stroke(Leaf, 0.12f);
        b.Oval(lean - 0.26f, 0.66f, 0.29f, 0.12f, 28).Part(Leaf);
        b.Oval(lean + 0.28f, 0.54f, 0.29f, 0.12f, -30).Part(Leaf);
        var petals = 5 + (int)(count * 2.99f);
        var reach = Mix(0.36f, 0.41f, length);
        var (long_, wide) = (Mix(0.24f, 0.29f, length), kind < 0.5f ? 1.32f / petals : 1.05f / petals);
        for (var i = 0; i < petals; i++)
        {
            var angle = 360f * i / petals + bend * 60;
            var (sin, cos) = MathF.SinCos(angle * MathF.PI / 180);
            b.Oval(reach * cos, -0.3f + reach * sin, long_, wide, angle);
        }

        b.Body();
        b.Oval(0, -0.3f, 0.2f, 0.2f).Part(b.Base.DistanceTo(Gold) < 220 ? new SceneColour(104, 66, 36) : Gold);
    }

    private static void Boat(ObjectBrush b)
    {
        var (hull, sail, jib, belly) = b.Shape;
        var deck = Mix(0.38f, 0.48f, hull);
        var mast = Mix(-0.1f, 0.1f, jib);
        b.Move(mast, deck).To(mast, -0.95f).Stroke(Wood, 0.08f);
        b.Move(mast + 0.08f, -0.9f).Curve(Mix(0.4f, 0.75f, belly), -0.4f, Mix(0.68f, 0.86f, sail), deck - 0.14f).To(mast + 0.08f, deck - 0.14f).Close().Body();
        b.Move(mast - 0.08f, Mix(-0.8f, -0.5f, sail)).Curve(-0.3f, -0.2f, Mix(-0.76f, -0.6f, sail), deck - 0.14f).To(mast - 0.08f, deck - 0.14f).Close().Part(b.Light);
        b.Move(-0.95f, deck).To(0.95f, deck).Curve(0.85f, 0.86f, 0.55f, 0.88f).To(-0.55f, 0.88f).Curve(-0.85f, 0.86f, -0.95f, deck).Close().Body();
    }

    private static void Bird(ObjectBrush b)
    {
        var (fat, tail, head, wing) = b.Shape;
        var belly = Mix(0.36f, 0.46f, fat);
        b.Move(-0.08f, 0.4f).To(-0.12f, 0.92f).To(0.06f, 0.92f).Stroke(Steel, 0.07f);
        b.Move(0.14f, 0.4f).To(0.12f, 0.92f).To(0.30f, 0.92f).Stroke(Steel, 0.07f);
        b.Polygon((0.66f, -0.56f), (0.99f, -0.38f), (0.66f, -0.26f)).Part(Beak);
        var lift = Mix(-0.5f, 0.15f, tail);
        b.Polygon((-0.3f, -0.08f), (-0.97f, lift - 0.1f), (-0.9f, lift + 0.22f), (-0.32f, 0.36f))
            .Oval(0, 0.12f, 0.56f, belly, -14).Oval(0.46f, -0.42f, Mix(0.29f, 0.34f, head), Mix(0.29f, 0.34f, head))
            .Polygon((0.12f, -0.3f), (0.6f, -0.2f), (0.5f, 0.2f), (0, 0.2f)).Body();
        b.Move(0.24f, -0.08f).Curve(0.2f, Mix(0.45f, 0.55f, wing), -0.66f, Mix(0.2f, 0.36f, wing)).Curve(-0.3f, -0.12f, 0.24f, -0.08f).Close().Part(b.Dark);
        b.Oval(0.53f, -0.48f, 0.09f, 0.09f).Detail(Paper);
        b.Oval(0.55f, -0.48f, 0.055f, 0.055f).Detail(Ink);
    }

    private static void Mushroom(ObjectBrush b)
    {
        var (dome, width, stalk, brim) = b.Shape;
        var half = Mix(0.20f, 0.29f, stalk);
        var reach = Mix(0.78f, 0.95f, width);
        var low = Mix(0.02f, 0.2f, brim);
        b.Move(-half, -0.1f).Curve(-half * 0.9f, 0.5f, -half * 1.5f, 0.85f).Curve(0, 1.08f, half * 1.5f, 0.85f).Curve(half * 0.9f, 0.5f, half, -0.1f).Close().Part(Cream);
        var top = Mix(-1.28f, -1.0f, dome);
        b.Move(-reach, low).Curve(-reach, top, reach, top, reach, low).Curve(0, low + 0.22f, -reach, low).Close().Body();
    }

    private static void Cat(ObjectBrush b)
    {
        var (wide, ears, eyes, look) = b.Shape;
        var width = Mix(0.70f, 0.82f, wide);
        var tip = Mix(-0.97f, -0.86f, ears);
        b.Oval(0, 0.2f, width, 0.68f)
            .Polygon((-width * 0.98f, 0.1f), (-width * 0.92f, tip), (-0.1f, -0.4f)).Polygon((0.1f, -0.4f), (width * 0.92f, tip), (width * 0.98f, 0.1f)).Body();
        foreach (var side in (ReadOnlySpan<float>)[-1, 1])
        {
            b.Polygon((side * width * 0.82f, -0.24f), (side * width * 0.82f, tip + 0.26f), (side * 0.34f, -0.38f)).Detail(Nose);
            b.Oval(side * 0.33f, 0.06f, 0.16f, Mix(0.13f, 0.2f, eyes)).Detail(Paper);
            b.Oval(side * 0.33f + Mix(-0.04f, 0.04f, look), 0.06f, 0.07f, Mix(0.11f, 0.17f, eyes)).Detail(Ink);
            for (var i = 0; i < 2; i++)
                b.Move(side * 0.3f, 0.42f + 0.08f * i).To(side * 0.98f, 0.30f + 0.28f * i).Stroke(b.Line, 0.05f);
            b.Move(0, 0.42f).Curve(side * 0.04f, 0.6f, side * 0.24f, 0.54f).Stroke(b.Line, 0.06f);
        }

        b.Polygon((-0.13f, 0.3f), (0.13f, 0.3f), (0, 0.44f)).Detail(Nose);
    }

    private static void Umbrella(ObjectBrush b)
    {
        var (dome, width, panels, crook) = b.Shape;
        var reach = Mix(0.88f, 0.97f, width);
        var top = Mix(-0.86f, -0.70f, dome);
        const float low = -0.02f;
        var hook = Mix(0.14f, 0.2f, crook);
        b.Move(0, -0.95f).To(0, 0.76f).Curve(0, 0.97f, -hook, 0.97f).Curve(-2 * hook, 0.97f, -2 * hook, 0.76f).Stroke(Ink, 0.1f);
        var count = panels < 0.5f ? 3 : 4;
        b.Move(-reach, low).Curve(-reach * 0.92f, top - 0.28f, reach * 0.92f, top - 0.28f, reach, low);
        for (var i = 0; i < count; i++)
        {
            var (from, to) = (reach * (1 - 2f * i / count), reach * (1 - 2f * (i + 1) / count));
            b.Curve((from + to) / 2, low - 0.24f, to, low);
        }

        b.Close().Body();
        for (var i = 1; i < count; i++)
        {
            var x = reach * (1 - 2f * i / count);
            b.Move(0, top).Curve(x * 0.9f, top * 0.7f, x, low).Stroke(b.Dark, 0.05f);
        }
    }

    private static void Key(ObjectBrush b)
    {
        var (bow, hole, teeth, kind) = b.Shape;
        var ring = Mix(0.36f, 0.44f, bow);
        var gap = ring * Mix(0.42f, 0.55f, hole);
        var centre = -0.97f + ring;
        b.Box(-0.1f, centre + ring * 0.75f, 0.1f, 0.97f);
        b.Box(0, 0.72f, Mix(0.32f, 0.46f, teeth), 0.92f);
        b.Box(0, 0.36f, Mix(0.26f, 0.4f, 1 - teeth), 0.56f);
        if (kind < 0.6f)
        {
            b.Oval(0, centre, ring, ring).Hole(0, centre, gap, gap);
        }
        else
        {
            b.Oval(0, centre, ring * 1.25f, ring).Hole(0, centre, gap * 1.35f, gap);
        }

        b.Body();
    }

    private static void Heart(ObjectBrush b)
    {
        var (notch, lobe, tip, _) = b.Shape;
        var dip = Mix(-0.55f, -0.35f, notch);
        var wide = Mix(1.1f, 1.28f, lobe);
        b.Move(0, 0.95f).Curve(-Mix(0.35f, 0.6f, tip), 0.5f, -wide, 0.1f, -0.9f, -0.42f).Curve(-0.78f, -1.02f, -0.15f, -1.0f, 0, dip)
            .Curve(0.15f, -1.0f, 0.78f, -1.02f, 0.9f, -0.42f).Curve(wide, 0.1f, Mix(0.35f, 0.6f, tip), 0.5f, 0, 0.95f).Close().Body();
    }

    private static void Rocket(ObjectBrush b)
    {
        var (slim, fins, flame, nose) = b.Shape;
        var half = Mix(0.30f, 0.40f, slim);
        var reach = Mix(0.62f, 0.82f, fins);
        if (flame > 0.35f)
        {
            b.Move(-0.2f, 0.6f).Curve(-0.22f, 0.8f, 0, 0.99f).Curve(0.22f, 0.8f, 0.2f, 0.6f).Close().Detail(new SceneColour(244, 150, 40));
            b.Move(-0.1f, 0.6f).Curve(-0.1f, 0.72f, 0, 0.84f).Curve(0.1f, 0.72f, 0.1f, 0.6f).Close().Detail(new SceneColour(252, 226, 110));
        }

        b.Polygon((-half * 0.8f, 0.1f), (-reach, 0.52f), (-reach, 0.84f), (-half * 0.7f, 0.6f)).Part(b.Dark);
        b.Polygon((half * 0.8f, 0.1f), (reach, 0.52f), (reach, 0.84f), (half * 0.7f, 0.6f)).Part(b.Dark);
        var tip = Mix(-0.99f, -0.92f, nose);
        b.Move(0, tip).Curve(half * 1.25f, -0.55f, half * 1.35f, 0.15f, half * 0.75f, 0.64f).To(-half * 0.75f, 0.64f)
            .Curve(-half * 1.35f, 0.15f, -half * 1.25f, -0.55f, 0, tip).Close().Body();
        b.Oval(0, -0.22f, 0.19f, 0.19f).Part(Steel);
        b.Oval(0, -0.22f, 0.13f, 0.13f).Detail(Glass);
    }

    private static void Moon(ObjectBrush b)
    {
        // The crescent between a circle of radius R about (c, 0) and one of radius r about (c + d, 0): both pass (x, ±y).
        var (thin, bite, _, _) = b.Shape;
        const float radius = 0.92f, centre = 0.2f;
        var distance = Mix(0.42f, 0.62f, thin);
        var inner = Mix(0.72f, 0.82f, bite);
        var x = (distance * distance + radius * radius - inner * inner) / (2 * distance);
        var outerAngle = MathF.Acos(Math.Clamp(x / radius, -1, 1)) * 180 / MathF.PI;
        var innerAngle = MathF.Acos(Math.Clamp((x - distance) / inner, -1, 1)) * 180 / MathF.PI;
        b.Arc(centre, 0, radius, radius, outerAngle, 360 - 2 * outerAngle, move: true)
            .Arc(centre + distance, 0, inner, inner, -innerAngle, -(360 - 2 * innerAngle), move: false).Close().Body();
    }

    private static void Chair(ObjectBrush b)
    {
        var (back, slats, depth, legs) = b.Shape;
        var top = Mix(-0.97f, -0.85f, back);
        var (dx, dy) = (Mix(0.18f, 0.3f, depth), Mix(0.22f, 0.32f, depth));
        var width = Mix(0.13f, 0.17f, legs);
        const float left = -0.68f, right = 0.42f, seat = 0.06f;
        foreach (var (x, y) in (ReadOnlySpan<(float, float)>)[(left + 0.08f, 0.76f), (right - 0.08f, 0.76f)])
            b.Move(x, top + 0.1f).To(x, y).BodyStroke(width);
        foreach (var x in (ReadOnlySpan<float>)[left + dx + 0.08f, right + dx - 0.06f])
            b.Move(x, seat + dy).To(x, 0.93f).BodyStroke(width);
        if (slats < 0.65f) b.Box(left, top, right, -0.22f, 0.12f).Body();
        else
        {
            b.Box(left, top, right, top + 0.3f, 0.1f).Body();
            b.Box(left, top + 0.42f, right, top + 0.64f, 0.08f).Body();
        }

        b.Polygon((left, seat), (right, seat), (right + dx, seat + dy), (left + dx, seat + dy)).Body();
    }

    private static void Butterfly(ObjectBrush b)
    {
        var (upper, lower, tilt, tip) = b.Shape;
        var (wide, low) = (Mix(0.88f, 1.02f, upper), Mix(0.62f, 0.86f, lower));
        var high = Mix(-1.0f, -0.8f, tilt);
        b.Move(-0.03f, -0.4f).Curve(-0.1f, -0.75f, -0.3f, -0.92f).Stroke(Ink, 0.06f);
        b.Move(0.03f, -0.4f).Curve(0.1f, -0.75f, 0.3f, -0.92f).Stroke(Ink, 0.06f);
        foreach (var side in (ReadOnlySpan<float>)[-1, 1])
        {
            b.Move(0, 0.02f).Curve(side * 0.3f, Mix(0.05f, 0.2f, tip), side * low * 1.2f, 0.15f, side * low, 0.55f).Curve(side * low * 0.8f, 1.05f, side * 0.2f, 0.75f, 0, 0.1f).Close();
            b.Move(0, 0.05f).Curve(side * 0.2f, high, side * wide * 1.05f, high - 0.1f, side * 0.97f, -0.5f).Curve(side * 0.9f, 0.1f, side * 0.4f, 0.2f, 0, 0.05f).Close();
        }

        b.Body();
        b.Oval(0, 0.02f, 0.1f, 0.52f).Part(Ink);
    }
}
