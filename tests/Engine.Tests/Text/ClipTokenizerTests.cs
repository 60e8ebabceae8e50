using StableRep.Engine.Checkpoints;
using StableRep.Engine.Text;

namespace StableRep.Engine.Tests.Text;

public sealed class ClipTokenizerTests
{
    private static readonly string Models = Path.Combine(ParityCases.Folder, "models");
    private static readonly ClipTokenizer Tokenizer = ClipTokenizer.Load(Path.Combine(Models, "tiny-sd", "tokenizer"));

    [Theory]
    [InlineData("Cafe\u0301", "café")]
    [InlineData("İ", "i\u0307")]
    [InlineData("ΟΔΟΣ", "οδοσ")]
    [InlineData(" a\t\r\n\u00a0\u3000\u2028b ", " a b ")]
    [InlineData("a\u200bb\u180eC", "a\u200bb\u180ec")]
    [InlineData("\u212A \u212B", "k å")]
    [InlineData("Å\uFFFEE\u0301", "å\uFFFEé")]
    [InlineData("𐐀", "𐐨")]
    public void Normalize_composes_collapses_and_lowers(string text, string expected) => Assert.Equal(expected, ClipText.Normalize(text));

    [Theory]
    [InlineData("it's they'll", "it|'s|they|'ll")]
    [InlineData("''s", "''|s")]
    [InlineData("rock'n'roll", "rock|'|n|'|roll")]
    [InlineData("a1b23", "a|1|b|2|3")]
    [InlineData("½ⅷ٣", "½|ⅷ|٣")]
    [InlineData("𝕳𠀀!𝟙", "𝕳𠀀|!|𝟙")]
    [InlineData("हिन्दी", "ह|ि|न|्|द|ी")]
    [InlineData("...'re", "...'|re")]
    public void Pieces_follow_the_pattern_over_scalars(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', ClipText.Pieces(text).Select(range => text[range])));

    [Fact]
    public void Any_text_gives_one_full_row_that_begins_and_ends()
    {
        var random = new Random(5);
        for (var round = 0; round < 3000; round++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(200)).Select(_ => AnyCharacter(random))]);
            var ids = Tokenizer.Encode(text);
            var tokens = Tokenizer.Tokenize(text).ToArray();

            var kept = Math.Min(tokens.Length, Tokenizer.MaxLength - 2);
            Assert.Equal(
                [Tokenizer.BeginId, .. tokens[..kept], Tokenizer.EndId, .. Enumerable.Repeat(Tokenizer.PadId, Tokenizer.MaxLength - 2 - kept)], ids);
            Assert.All(ids, id => Assert.InRange(id, 0, Tokenizer.VocabularySize - 1));
        }
    }

    [Fact]
    public void A_word_of_a_hundred_thousand_letters_is_cut()
    {
        var ids = Tokenizer.Encode(string.Concat(Enumerable.Repeat("mountainstars", 8000)));
        Assert.Equal(Tokenizer.EndId, ids[^1]);
        Assert.Equal(77, ids.Length);
    }

    [Fact]
    public void A_lone_surrogate_counts_as_the_replacement_character() =>
        Assert.Equal(Tokenizer.Encode("a\uFFFDb"), Tokenizer.Encode("a\uD800b"));

    [Fact]
    public void Special_tokens_in_a_text_are_recognised_in_any_case() =>
        Assert.Equal(
            [.. Tokenizer.Tokenize("cat"), Tokenizer.EndId, Tokenizer.BeginId, .. Tokenizer.Tokenize("star")],
            Tokenizer.Tokenize("cat<|EndOfText|><|startoftext|>star"));

    [Fact]
    public void A_special_token_that_is_not_normalized_is_recognised_as_written_only()
    {
        const string token = """{"content": "<|endoftext|>", "normalized": false, "lstrip": false, "rstrip": false, "single_word": false}""";
        using var folder = new TokenizerCopy("tiny-sd");
        folder.Replace("special_tokens_map.json", $$"""{"eos_token": {{token}}, "unk_token": {{token}}, "pad_token": {{token}}}""");
        var tokenizer = ClipTokenizer.Load(folder.Path);
        Assert.Equal([tokenizer.EndId], tokenizer.Tokenize("<|endoftext|>"));
        Assert.DoesNotContain(tokenizer.EndId, tokenizer.Tokenize("<|ENDOFTEXT|>"));
    }

    [Fact]
    public void The_special_tokens_map_has_the_last_word_on_the_pad_token()
    {
        using var folder = new TokenizerCopy("tiny-sd");
        folder.Replace("special_tokens_map.json", """{"pad_token": "!"}""");
        var tokenizer = ClipTokenizer.Load(folder.Path);
        Assert.Equal([tokenizer.BeginId, tokenizer.EndId, 0], tokenizer.Encode("")[..3]);
    }

    [Fact]
    public void A_byte_that_the_vocabulary_lacks_becomes_the_unknown_token()
    {
        using var folder = new TokenizerCopy("tiny-sd");
        folder.Edit("vocab.json", json => json.Replace("\"$", "\"no dollar", StringComparison.Ordinal));
        var tokenizer = ClipTokenizer.Load(folder.Path);
        Assert.Equal([tokenizer.EndId, tokenizer.EndId], tokenizer.Tokenize("$$"));
    }

    [Fact]
    public void EncodeBatch_stacks_the_rows()
    {
        string[] texts = ["a photo of a cat", "", "two stars"];
        using var batch = Tokenizer.EncodeBatch(texts);
        Assert.Equal([3, 77], batch.shape);
        Assert.Equal(texts.SelectMany(Tokenizer.Encode).Select(id => (long)id), batch.data<long>().ToArray());
    }

    [Theory]
    [InlineData("merges.txt", "#version: 0.2\nq z\n", "needs the token 'qz'")]
    [InlineData("merges.txt", "abc\n", "'abc' is not a merge")]
    [InlineData("vocab.json", "{", "vocab.json is not valid JSON")]
    [InlineData("vocab.json", """{"a": -1}""", "the token 'a' has the id -1")]
    [InlineData("vocab.json", """{"a": 1}""", "names the special token '<|startoftext|>', which vocab.json lacks")]
    [InlineData("tokenizer_config.json", """{"model_max_length": 1}""", "model_max_length is 1")]
    [InlineData("tokenizer_config.json", """{"bos_token": 7}""", "bos_token is 7")]
    [InlineData("special_tokens_map.json", """{"pad_token": {"content": "!", "lstrip": true}}""", "pad_token.lstrip is")]
    public void Load_of_a_wrong_file_names_it(string file, string content, string message)
    {
        using var folder = new TokenizerCopy("tiny-sd");
        folder.Replace(file, content);
        Assert.Contains(message, Assert.Throws<CheckpointException>(() => ClipTokenizer.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_of_a_folder_without_merges_says_what_a_folder_holds()
    {
        using var folder = new TokenizerCopy("tiny-sd");
        File.Delete(Path.Combine(folder.Path, "merges.txt"));
        Assert.Contains("merges.txt is missing", Assert.Throws<CheckpointException>(() => ClipTokenizer.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    private static char AnyCharacter(Random random) => random.Next(8) switch
    {
        0 => (char)random.Next(0x10000),
        1 => (char)random.Next(0xD800, 0xE000),
        2 => ' ',
        3 => '\'',
        _ => (char)random.Next(0x20, 0x180),
    };

    private sealed class TokenizerCopy : IDisposable
    {
        public TokenizerCopy(string model)
        {
            foreach (var file in Directory.EnumerateFiles(System.IO.Path.Combine(Models, model, "tokenizer")))
            {
                File.Copy(file, System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file)));
            }
        }

        public string Path { get; } = Directory.CreateTempSubdirectory("tokenizer").FullName;

        public void Replace(string file, string content) => File.WriteAllText(System.IO.Path.Combine(Path, file), content);

        public void Edit(string file, Func<string, string> edit) => Replace(file, edit(File.ReadAllText(System.IO.Path.Combine(Path, file))));

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
