using System.Runtime.InteropServices;
using SkiaSharp;
using StableRep.Engine.Runtime;

namespace StableRep.Engine.Scenes;

/// <summary>Draws what lies behind the objects on a canvas of the unit square.</summary>
internal static class BackgroundPainter
{
    public static void Paint(SKCanvas canvas, SceneBackground background)
    {
        using var paint = new SKPaint { IsAntialias = true };
        switch (background.Kind)
        {
            case BackgroundKind.Plain: canvas.Clear(Skia(background.First)); break;
            case BackgroundKind.Gradient: Gradient(canvas, background, paint); break;
            case BackgroundKind.Noise: Noise(canvas, background, paint); break;
            default: Place(canvas, background, paint); break;
        }
    }

    private static void Gradient(SKCanvas canvas, SceneBackground background, SKPaint paint)
    {
        var (sin, cos) = MathF.SinCos(background.Angle * MathF.PI / 180);
        var (dx, dy) = (sin * 0.6f, -cos * 0.6f);
        Fill(canvas, paint, new SKPoint(0.5f - dx, 0.5f - dy), new SKPoint(0.5f + dx, 0.5f + dy), background.First, background.Second);
    }

    private static void Noise(SKCanvas canvas, SceneBackground background, SKPaint paint)
    {
        // A coarse random grid, interpolated: smooth blotches of the cells' size.
        var cells = Math.Clamp((int)(1 / background.Grain) + 3, 4, 24);
        var random = new SeededRandom((long)background.Seed);
        Span<uint> grid = stackalloc uint[cells * cells];
        foreach (ref var cell in grid)
        {
            var colour = background.First.Towards(background.Second, random.NextSingle());
            cell = colour.R | ((uint)colour.G << 8) | ((uint)colour.B << 16) | 0xFF000000;
        }

        using var image = SKImage.FromPixelCopy(new SKImageInfo(cells, cells, SKColorType.Rgba8888, SKAlphaType.Opaque), MemoryMarshal.AsBytes(grid));
        using var shader = image.ToShader(SKShaderTileMode.Clamp, SKShaderTileMode.Clamp, new SKSamplingOptions(SKCubicResampler.Mitchell),
            SKMatrix.CreateScaleTranslation(background.Grain, background.Grain, -background.Grain, -background.Grain));
        paint.Shader = shader;
        canvas.DrawRect(0, 0, 1, 1, paint);
    }

    private static void Place(SKCanvas canvas, SceneBackground background, SKPaint paint)
    {
        var random = new SeededRandom((long)background.Seed);
        var horizon = background.Horizon;
        var white = new SceneColour(255, 255, 255);
        Fill(canvas, paint, new SKPoint(0, 0), new SKPoint(0, horizon), background.First, background.First.Towards(white, background.Landscape == Landscape.Night ? 0.1f : 0.35f));
        switch (background.Landscape)
        {
            case Landscape.Night: Stars(canvas, paint, ref random, horizon); break;
            case Landscape.Sunset: Sun(canvas, paint, random.NextSingle(0.15f, 0.85f), horizon - 0.04f, 0.12f, new SKColor(255, 226, 160)); break;
            case Landscape.Desert: Sun(canvas, paint, random.NextSingle(0.1f, 0.9f), random.NextSingle(0.06f, 0.14f), 0.07f, new SKColor(255, 246, 196)); break;
            default: Clouds(canvas, paint, ref random, horizon); break;
        }

        if (background.Landscape == Landscape.Sea) Sea(canvas, background, paint, ref random);
        else Hills(canvas, background, paint, ref random);
    }

    private static void Hills(SKCanvas canvas, SceneBackground background, SKPaint paint, ref SeededRandom random)
    {
        var far = background.Second.Towards(background.First, 0.35f);
        var swell = background.Landscape == Landscape.Desert ? 0.10f : 0.07f;
        Ridge(canvas, paint, background.Horizon, swell, far, ref random);
        Ridge(canvas, paint, background.Horizon + 0.09f, swell * 0.6f, background.Second, ref random);
    }

    private static void Ridge(SKCanvas canvas, SKPaint paint, float height, float swell, SceneColour colour, ref SeededRandom random)
    {
        using var builder = new SKPathBuilder();
        builder.MoveTo(0, height + random.NextSingle(-swell, swell));
        builder.CubicTo(0.35f, height + random.NextSingle(-2, 2) * swell, 0.65f, height + random.NextSingle(-2, 2) * swell, 1, height + random.NextSingle(-swell, swell));
        builder.LineTo(1, 1);
        builder.LineTo(0, 1);
        builder.Close();
        using var path = builder.Detach();
        paint.Color = Skia(colour);
        canvas.DrawPath(path, paint);
    }

    private static void Sea(SKCanvas canvas, SceneBackground background, SKPaint paint, ref SeededRandom random)
    {
        paint.Color = Skia(background.Second);
        canvas.DrawRect(0, background.Horizon, 1, 1 - background.Horizon, paint);
        paint.Color = Skia(background.Second.Towards(new SceneColour(255, 255, 255), 0.28f));
        for (var i = 0; i < 6; i++)
        {
            var y = random.NextSingle(background.Horizon + 0.03f, 0.98f);
            var width = random.NextSingle(0.08f, 0.22f);
            canvas.DrawOval(new SKPoint(random.NextSingle(0, 1), y), new SKSize(width / 2, 0.011f), paint);
        }
    }

    private static void Clouds(SKCanvas canvas, SKPaint paint, ref SeededRandom random, float horizon)
    {
        paint.Color = new SKColor(255, 255, 255, 150);
        var count = random.Next(4);
        for (var i = 0; i < count; i++)
        {
            var (x, y, size) = (random.NextSingle(0.05f, 0.95f), random.NextSingle(0.04f, horizon * 0.6f), random.NextSingle(0.07f, 0.13f));
            canvas.DrawOval(new SKPoint(x, y), new SKSize(size, size * 0.38f), paint);
            canvas.DrawOval(new SKPoint(x + size * 0.3f, y - size * 0.25f), new SKSize(size * 0.5f, size * 0.35f), paint);
        }
    }

    private static void Stars(SKCanvas canvas, SKPaint paint, ref SeededRandom random, float horizon)
    {
        paint.Color = new SKColor(238, 238, 220, 190);
        for (var i = 0; i < 9; i++)
            canvas.DrawCircle(random.NextSingle(0.02f, 0.98f), random.NextSingle(0.02f, horizon), random.NextSingle(0.006f, 0.012f), paint);
    }

    private static void Sun(SKCanvas canvas, SKPaint paint, float x, float y, float radius, SKColor colour)
    {
        paint.Color = colour;
        canvas.DrawCircle(x, y, radius, paint);
    }

    private static void Fill(SKCanvas canvas, SKPaint paint, SKPoint from, SKPoint to, SceneColour first, SceneColour second)
    {
        using var shader = SKShader.CreateLinearGradient(from, to, [Skia(first), Skia(second)], SKShaderTileMode.Clamp);
        paint.Shader = shader;
        canvas.DrawRect(0, 0, 1, 1, paint);
        paint.Shader = null;
    }

    private static SKColor Skia(SceneColour colour) => new(colour.R, colour.G, colour.B);
}
