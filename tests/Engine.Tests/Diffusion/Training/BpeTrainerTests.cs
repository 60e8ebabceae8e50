using System.Text.Json;
using StableRep.Engine.Diffusion.Training;
using StableRep.Engine.Text;

namespace StableRep.Engine.Tests.Diffusion.Training;

public sealed class BpeTrainerTests : IDisposable
{
    private static readonly string[] Captions =
    [
        "a red house", "a red house at night", "A Red fish", "the fish is red, isn't it", "two fish and 3 houses", "a café by the sea",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("bpe").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Learn_begins_with_the_byte_symbols_in_clips_order()
    {
        var clip = JsonSerializer.Deserialize<Dictionary<string, int>>(
            File.ReadAllText(Path.Combine(ParityCases.Folder, "models/tiny-sd/tokenizer/vocab.json")))!;
        var expected = clip.Where(token => token.Value < 512).OrderBy(token => token.Value).Select(token => token.Key);
        Assert.Equal(expected, BpeTrainer.Learn(Captions, 600).Tokens.Take(512));
    }

    [Fact]
    public void Learn_merges_the_most_frequent_pair_first_and_stops_where_no_pair_repeats()
    {
        // aab occurs 3 times, ab twice: "b</w>" follows "a" 5 times, then "a" precedes "ab</w>" 3 times, and nothing repeats any more.
        var vocabulary = BpeTrainer.Learn(["aab aab ab", "aab ab x"], 1000);
        Assert.Equal([("a", "b</w>"), ("a", "ab</w>")], vocabulary.Merges);
        Assert.Equal(["ab</w>", "aab</w>", "<|startoftext|>", "<|endoftext|>"], vocabulary.Tokens.Skip(512));
    }

    [Fact]
    public void Learn_gives_the_same_vocabulary_whatever_the_captions_order()
    {
        var forwards = BpeTrainer.Learn(Captions, 520);
        var backwards = BpeTrainer.Learn(Captions.Reverse(), 520);
        Assert.Equal(forwards.Merges, backwards.Merges);
        Assert.Equal(520, forwards.Tokens.Count);
        Assert.Equal(520, forwards.Tokens.Distinct().Count());
    }

    [Theory]
    [InlineData("a red house")]
    [InlineData("The zebra's 42 quills; naïve ÆØÅ")]
    [InlineData("日本語 🐟 !?")]
    public void A_written_vocabulary_tokenizes_any_text_without_loss(string text)
    {
        var vocabulary = BpeTrainer.Learn(Captions, 600);
        vocabulary.Write(_folder, 77);
        var tokenizer = ClipTokenizer.Load(_folder);

        var joined = string.Concat(tokenizer.Tokenize(text).Select(id => vocabulary.Tokens[id])).Replace("</w>", " ", StringComparison.Ordinal);
        var bytes = joined.Where(symbol => symbol != ' ').Select(symbol => (byte)Array.IndexOf(ByteAlphabet.Characters, symbol)).ToArray();
        var expected = string.Concat(ClipText.Normalize(text).Where(character => character != ' '));
        Assert.Equal(expected, System.Text.Encoding.UTF8.GetString(bytes));
    }

    [Fact]
    public void A_written_vocabulary_knows_a_common_word_as_one_token_and_pads_to_its_length()
    {
        var vocabulary = BpeTrainer.Learn(Captions, 600);
        vocabulary.Write(_folder, 12);
        var tokenizer = ClipTokenizer.Load(_folder);
        var ids = tokenizer.Encode("red fish");
        Assert.Equal(12, ids.Length);
        Assert.Equal(["<|startoftext|>", "red</w>", "fish</w>", "<|endoftext|>", "<|endoftext|>"], ids.Take(5).Select(id => vocabulary.Tokens[id]));
    }

    [Fact]
    public void Learn_with_less_than_the_byte_symbols_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => BpeTrainer.Learn(Captions, 513));
}
