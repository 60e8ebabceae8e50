using StableRep.Engine.Diffusion;
using StableRep.Engine.Images;
using StableRep.Engine.Studies;

namespace StableRep.Engine.Tests.Studies;

/// <summary>A generator whose images are plain colours made of caption index, image index and guidance; it counts and may break.</summary>
internal sealed class FakeGenerator
{
    public int Made { get; private set; }

    public int BreakAfter { get; set; } = int.MaxValue;

    public StudyGenerator Generator => new("fake", "", Generate);

    private IEnumerable<GeneratedImage> Generate(IReadOnlyList<ImageRequest> requests, GenerationSettings settings, CancellationToken cancellation)
    {
        foreach (var request in requests)
        {
            if (Made >= BreakAfter)
            {
                throw new IOException("the power is gone");
            }

            Made++;
            var rgb = new byte[64 * 64 * 3];
            for (var i = 0; i < rgb.Length; i += 3)
            {
                var (x, y) = (i / 3 % 64, i / 3 / 64);
                rgb[i] = (byte)(request.CaptionIndex * 37 + x * (request.ImageIndex + 1));
                rgb[i + 1] = (byte)(request.CaptionIndex * 11 + y * 2);
                rgb[i + 2] = (byte)(settings.GuidanceScale * 20);
            }

            yield return new GeneratedImage(request, new PixelImage(64, 64, rgb));
        }
    }
}
