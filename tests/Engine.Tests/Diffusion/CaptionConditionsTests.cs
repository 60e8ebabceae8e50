using StableRep.Engine.Diffusion;
using StableRep.Engine.Models;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Diffusion;

public sealed class CaptionConditionsTests
{
    [Fact]
    public void A_caption_is_encoded_once_though_it_spans_batches()
    {
        var encoded = new List<string>();
        using var scope = NewDisposeScope();
        using var conditions = new CaptionConditions(Encode, "nothing");
        foreach (var batch in (string[][])[["a", "a", "a"], ["a", "b", "b"], ["b", "c", "nothing"], ["nothing"], ["a"]])
        {
            using var inner = NewDisposeScope();
            Assert.Equal(2 * (batch.Distinct().Count() == 1 ? 1 : 3), conditions.ForBatch(batch).Rows);
        }

        Assert.Equal(["nothing", "a", "b", "c", "a"], encoded);
        Assert.Equal(5, conditions.Encoded);

        TextCondition Encode(IReadOnlyList<string> texts)
        {
            encoded.AddRange(texts);
            return new([], texts.Count);
        }
    }

    [Theory]
    [InlineData("aabb", 4)]
    [InlineData("aaaabb", 6)]
    [InlineData("aaab", 8)]
    [InlineData("aaaa", 2)]
    public void Neighbouring_images_of_one_caption_share_a_row_where_all_can(string batch, int rows)
    {
        using var conditions = new CaptionConditions(texts => new([], texts.Count), "");
        using var condition = conditions.ForBatch([.. batch.Select(c => c.ToString())]);
        Assert.Equal(rows, condition.Rows);
    }

    [Fact]
    public void Without_guidance_there_are_rows_for_the_captions_alone()
    {
        using var conditions = new CaptionConditions(texts => new([], texts.Count), unconditional: null);
        using var condition = conditions.ForBatch(["a", "b", "c"]);
        Assert.Equal(3, condition.Rows);
    }
}
