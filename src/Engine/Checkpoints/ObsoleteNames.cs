using System.Text.RegularExpressions;

namespace StableRep.Engine.Checkpoints;

/// <summary>
/// Names that published checkpoints carry and today's models do not. The VAE of Stable Diffusion 1.5 as first published calls its attention's
/// projections <c>query</c>, <c>key</c>, <c>value</c> and <c>proj_attn</c>; its text encoder stores <c>position_ids</c>, which are only 0, 1, 2, …
/// </summary>
internal static partial class ObsoleteNames
{
    /// <summary>The source itself where every name is today's, otherwise a view that owns it.</summary>
    public static ITensorSource Renew(ITensorSource source) =>
        source.Entries.Keys.All(name => Renew(name) == name)
            ? source
            : new MappedTensors(source, (name, entry) => Renew(name) is { } renewed ? (renewed, entry.Shape) : null, ownsInner: true);

    /// <summary>Today's name; null for a tensor that no model has any more.</summary>
    public static string? Renew(string name)
    {
        if (name is "text_model.embeddings.position_ids" or "embeddings.position_ids")
        {
            return null;
        }

        var match = AttentionProjection().Match(name);
        if (!match.Success)
        {
            return name;
        }

        var today = match.Groups["projection"].Value switch
        {
            "query" => "to_q",
            "key" => "to_k",
            "value" => "to_v",
            _ => "to_out.0",
        };
        return $"{match.Groups["block"].Value}{today}{match.Groups["kind"].Value}";
    }

    [GeneratedRegex("""^(?<block>.*\.attentions\.\d+\.)(?<projection>query|key|value|proj_attn)(?<kind>\.(weight|bias))$""", RegexOptions.ExplicitCapture)]
    private static partial Regex AttentionProjection();
}
