namespace StableRep.Web.Experiments;

/// <summary>What each field of a new experiment means, in the words of the form. Figures of the paper's authors are from their published code.</summary>
internal static class FieldAdvice
{
    /// <summary>Beside the guidance scale.</summary>
    public static string Guidance(double scale) => scale switch
    {
        1 => "No guidance: images vary most, follow their caption least, and take half the time.",
        < 1.5 => "Nearly no guidance: images vary much and follow their caption little.",
        <= 3 => "Where StableRep does best: its authors generate at 2.0. Images of a caption differ, and that is what it learns from.",
        < 6 => "Between variety and beauty. StableRep prefers less: its authors generate at 2.0.",
        <= 9 => "Where single pictures look best (7.5 is the usual choice). Images of a caption become alike, which StableRep learns less from.",
        _ => "Strong guidance: colours saturate and images of a caption are nearly the same.",
    };

    /// <summary>Below the images per prompt.</summary>
    public const string ImagesPerPrompt = "Images of one caption are each other's positives. The authors use 6; StableRep needs at least 2.";

    /// <summary>Below the steps.</summary>
    public const string Steps = "Denoising steps of an image: more take longer and change little after 20 to 50.";

    /// <summary>Below the seed.</summary>
    public const string Seed = "The same seed and settings give the same images, on any worker.";

    /// <summary>Below the negative prompt.</summary>
    public const string NegativePrompt = "What images should not show. Has no effect at guidance scale 1.";

    /// <summary>Below the guidance rescale.</summary>
    public const string Rescale = "From 0 to 1: takes back the contrast that strong guidance adds.";

    /// <summary>Below the caption count.</summary>
    public const string CaptionCount = "Only the first so many captions of the set; empty takes all.";

    /// <summary>Below the sampler.</summary>
    public const string Sampler = "How noise becomes an image. The generator's own is what it was trained with.";

    /// <summary>Below the method.</summary>
    public static string Method(string method) => method switch
    {
        "stablerep" => "Images of one caption are positives of each other (the paper's method).",
        "stablerep+" => "StableRep, and images against their captions as in CLIP.",
        "simclr" => "Two views of one image are positives: the paper's baseline.",
        "clip" => "An image against its caption: the paper's baseline with text.",
        _ => "",
    };

    /// <summary>Below the recipe.</summary>
    public static string Preset(string preset) => preset switch
    {
        "demo" => "Minutes on a CPU: a small encoder for pictures of 64 pixels.",
        "custom" => "Your own values.",
        _ when preset.StartsWith("paper", StringComparison.Ordinal) => "The authors' published settings for ViT-B/16: made for many GPUs and millions of captions.",
        _ => "",
    };
}
