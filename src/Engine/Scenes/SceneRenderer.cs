using System.Buffers;
using System.Runtime.InteropServices;
using SkiaSharp;
using StableRep.Engine.Images;

namespace StableRep.Engine.Scenes;

/// <summary>Draws scenes. Safe for use from several threads; the same scene gives the same bytes with the same build of Skia.</summary>
public static class SceneRenderer
{
    /// <summary>Pixels are averages of this many drawn ones in each direction: patterns and thin lines stay clean in small pictures.</summary>
    private const int Supersampling = 2;

    /// <summary>The picture of a scene.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="size">Width and height in pixels, in [8, 2048].</param>
    public static PixelImage Render(Scene scene, int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 8);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, 2048);
        var drawn = size * Supersampling;
        var buffer = ArrayPool<byte>.Shared.Rent(drawn * drawn * 4);
        var pin = GCHandle.Alloc(buffer, GCHandleType.Pinned);
        try
        {
            Draw(scene, drawn, pin.AddrOfPinnedObject());
            var rgb = Lens.Develop(buffer, size, Supersampling, scene.Light.Brightness);
            Lens.Blur(rgb, size, scene.Light.Blur * size);
            return new PixelImage(size, size, rgb);
        }
        finally
        {
            pin.Free();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Draw(Scene scene, int pixels, nint memory)
    {
        using var surface = SKSurface.Create(new SKImageInfo(pixels, pixels, SKColorType.Rgba8888, SKAlphaType.Premul), memory, pixels * 4);
        var canvas = surface.Canvas;
        canvas.Scale(pixels);
        BackgroundPainter.Paint(canvas, scene.Background);
        foreach (var it in scene.Objects)
            DrawObject(canvas, it, scene.Light, pixels);
        canvas.Flush();
    }

    private static void DrawObject(SKCanvas canvas, SceneObject it, SceneLight light, int pixels)
    {
        if (light.Shadow == ShadowKind.Ground) DrawGroundShadow(canvas, it, light);
        // The light is laid over the finished object in a layer of its own; so is the cast shadow's filter.
        using var layer = new SKPaint();
        using var filter = light.Shadow == ShadowKind.Cast ? CastShadow(it, light) : null;
        layer.ImageFilter = filter;
        var half = it.Size * 0.75f;
        var bounds = new SKRect(it.X - half, it.Y - half, it.X + half, it.Y + half);
        canvas.SaveLayer(bounds, layer);
        canvas.Save();
        canvas.Translate(it.X, it.Y);
        canvas.RotateDegrees(it.Rotation);
        canvas.Scale(it.Size / 2 * (it.Mirrored ? -1 : 1), it.Size / 2);
        using (var brush = new ObjectBrush(canvas, it, it.Size * pixels))
            ObjectDrawings.Draw(it.Class, brush);
        canvas.Restore();
        Shade(canvas, it, light, bounds);
        canvas.Restore();
    }

    private static void Shade(SKCanvas canvas, SceneObject it, SceneLight light, SKRect bounds)
    {
        var (sin, cos) = MathF.SinCos(light.Angle * MathF.PI / 180);
        var (dx, dy) = (sin * it.Size * 0.5f, -cos * it.Size * 0.5f);
        var (bright, dark) = ((byte)(light.Strength * 78), (byte)(light.Strength * 96));
        using var shader = SKShader.CreateLinearGradient(
            new SKPoint(it.X + dx, it.Y + dy),
            new SKPoint(it.X - dx, it.Y - dy),
            [new SKColor(255, 255, 255, bright), new SKColor(128, 128, 128, 0), new SKColor(0, 0, 20, dark)],
            [0, 0.5f, 1],
            SKShaderTileMode.Clamp);
        using var paint = new SKPaint { Shader = shader, BlendMode = SKBlendMode.SrcATop };
        canvas.DrawRect(bounds, paint);
    }

    private static SKImageFilter CastShadow(SceneObject it, SceneLight light)
    {
        var (sin, cos) = MathF.SinCos(light.Angle * MathF.PI / 180);
        var reach = it.Size * 0.09f;
        return SKImageFilter.CreateDropShadow(-sin * reach, cos * reach, it.Size * 0.025f, it.Size * 0.025f, new SKColor(0, 0, 0, 110));
    }

    private static void DrawGroundShadow(SKCanvas canvas, SceneObject it, SceneLight light)
    {
        var centre = new SKPoint(it.X - light.Angle / 75 * it.Size * 0.15f, it.Y + it.Size * 0.47f);
        using var shader = SKShader.CreateRadialGradient(default, 1, [new SKColor(0, 0, 0, 130), new SKColor(0, 0, 0, 90), new SKColor(0, 0, 0, 0)], [0, 0.55f, 1], SKShaderTileMode.Clamp);
        using var paint = new SKPaint { Shader = shader };
        canvas.Save();
        canvas.Translate(centre.X, centre.Y);
        canvas.Scale(it.Size * 0.52f, it.Size * 0.11f);
        canvas.DrawCircle(0, 0, 1, paint);
        canvas.Restore();
    }
}
