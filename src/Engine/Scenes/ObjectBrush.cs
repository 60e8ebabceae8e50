using SkiaSharp;

namespace StableRep.Engine.Scenes;

/// <summary>
/// Draws the parts of one object on a canvas whose square [-1, 1]² (y downwards) is the object's box. A part is built with the path verbs
/// and ended by one of <see cref="Body"/>, <see cref="Part"/>, <see cref="Detail"/> and <see cref="Stroke"/>.
/// </summary>
internal sealed class ObjectBrush : IDisposable
{
    private readonly SKCanvas _canvas;
    private readonly SKPathBuilder _path = new();
    private readonly SKPaint _fill = new() { IsAntialias = true };
    private readonly SKPaint _line = new()
    {
        IsAntialias = true,
        Style = SKPaintStyle.Stroke,
        StrokeJoin = SKStrokeJoin.Round,
        StrokeCap = SKStrokeCap.Round,
    };

    private readonly SKShader? _pattern;
    private readonly float _outline;
    private readonly SKColor _outlineColour;

    public ObjectBrush(SKCanvas canvas, SceneObject it, float pixels)
    {
        _canvas = canvas;
        Base = it.Shade;
        Shape = it.Shape;
        var black = new SceneColour(0, 0, 0);
        var white = new SceneColour(255, 255, 255);
        Dark = it.Colour == ObjectColour.Black ? Base.Towards(white, 0.22f) : Base.Towards(black, 0.32f);
        Light = Base.Towards(white, it.Colour == ObjectColour.Black ? 0.35f : 0.55f);
        Line = it.Colour == ObjectColour.Black ? Base.Towards(white, 0.5f) : Base.Towards(black, 0.68f);
        // Lengths are halves of the box here, and half of a stroke hides under the fill.
        _outline = it.Outline * 4;
        _outlineColour = Skia(Line);
        _pattern = TexturePattern.Create(it, pixels);
    }

    public SceneColour Base { get; }

    public SceneColour Dark { get; }

    public SceneColour Light { get; }

    public SceneColour Line { get; }

    public ObjectShape Shape { get; }

    public static float Mix(float from, float to, float t) => from + (to - from) * t;

    public ObjectBrush Move(float x, float y)
    {
        _path.MoveTo(x, y);
        return this;
    }

    public ObjectBrush To(float x, float y)
    {
        _path.LineTo(x, y);
        return this;
    }

    public ObjectBrush Curve(float cx, float cy, float x, float y)
    {
        _path.QuadTo(cx, cy, x, y);
        return this;
    }

    public ObjectBrush Curve(float ax, float ay, float bx, float by, float x, float y)
    {
        _path.CubicTo(ax, ay, bx, by, x, y);
        return this;
    }

    public ObjectBrush Close()
    {
        _path.Close();
        return this;
    }

    public ObjectBrush Polygon(params ReadOnlySpan<(float X, float Y)> points)
    {
        Move(points[0].X, points[0].Y);
        foreach (var (x, y) in points[1..]) To(x, y);
        return Close();
    }

    public ObjectBrush Oval(float x, float y, float rx, float ry)
    {
        _path.AddOval(new SKRect(x - rx, y - ry, x + rx, y + ry), SKPathDirection.Clockwise);
        return this;
    }

    /// <summary>An oval that takes its area out of the part.</summary>
    public ObjectBrush Hole(float x, float y, float rx, float ry)
    {
        _path.AddOval(new SKRect(x - rx, y - ry, x + rx, y + ry), SKPathDirection.CounterClockwise);
        return this;
    }

    /// <summary>An oval turned by degrees about its centre.</summary>
    public ObjectBrush Oval(float x, float y, float rx, float ry, float degrees)
    {
        using var oval = new SKPathBuilder();
        oval.AddOval(new SKRect(-rx, -ry, rx, ry), SKPathDirection.Clockwise);
        using var path = oval.Detach();
        var matrix = SKMatrix.CreateRotationDegrees(degrees).PostConcat(SKMatrix.CreateTranslation(x, y));
        _path.AddPath(path, in matrix, SKPathAddMode.Append);
        return this;
    }

    public ObjectBrush Box(float left, float top, float right, float bottom, float radius = 0)
    {
        var rect = new SKRect(left, top, right, bottom);
        if (radius > 0) _path.AddRoundRect(rect, radius, radius, SKPathDirection.Clockwise);
        else _path.AddRect(rect, SKPathDirection.Clockwise);
        return this;
    }

    public ObjectBrush Arc(float x, float y, float rx, float ry, float startDegrees, float sweepDegrees, bool move)
    {
        _path.ArcTo(new SKRect(x - rx, y - ry, x + rx, y + ry), startDegrees, sweepDegrees, move);
        return this;
    }

    /// <summary>Ends a part in the object's own colour and pattern.</summary>
    public void Body() => Paint(Base, _pattern, _outline);

    /// <summary>Ends a part of another colour, outlined.</summary>
    public void Part(SceneColour colour) => Paint(colour, null, _outline);

    /// <summary>Ends a part of another colour without an outline.</summary>
    public void Detail(SceneColour colour) => Paint(colour, null, 0);

    /// <summary>Ends an open line.</summary>
    public void Stroke(SceneColour colour, float width)
    {
        using var path = _path.Detach();
        StrokePath(path, Skia(colour), width);
    }

    /// <summary>Ends an open line drawn as a thick part in the object's own colour, outlined.</summary>
    public void BodyStroke(float width)
    {
        using var path = _path.Detach();
        if (_outline > 0) StrokePath(path, _outlineColour, width + _outline);
        StrokePath(path, Skia(Base), width);
    }

    public void Dispose()
    {
        _pattern?.Dispose();
        _path.Dispose();
        _fill.Dispose();
        _line.Dispose();
    }

    private static SKColor Skia(SceneColour colour) => new(colour.R, colour.G, colour.B);

    private void Paint(SceneColour colour, SKShader? pattern, float outline)
    {
        using var path = _path.Detach();
        // The outline goes first: where ovals of one part overlap, the fill hides the lines between them.
        if (outline > 0) StrokePath(path, _outlineColour, outline);
        _fill.Color = Skia(colour);
        _fill.Shader = pattern;
        _canvas.DrawPath(path, _fill);
    }

    private void StrokePath(SKPath path, SKColor colour, float width)
    {
        _line.Color = colour;
        _line.StrokeWidth = width;
        _canvas.DrawPath(path, _line);
    }
}
