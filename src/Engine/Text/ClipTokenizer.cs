using StableRep.Engine.Checkpoints;
using static TorchSharp.torch;

namespace StableRep.Engine.Text;

/// <summary>
/// CLIP's tokenizer: text to a fixed number of token ids, as the text encoders of Stable Diffusion expect them. Its ids equal those of
/// Hugging Face's fast CLIP tokenizer. Safe for use by several threads.
/// </summary>
public sealed class ClipTokenizer
{
    private readonly BytePairEncoder _pairs;
    private readonly SpecialTokens _special;

    private ClipTokenizer(BytePairEncoder pairs, SpecialTokens special, int vocabularySize, int maxLength)
    {
        (_pairs, _special, VocabularySize, MaxLength) = (pairs, special, vocabularySize, maxLength);
    }

    /// <summary>The number of ids of one caption, the begin and end tokens and the padding included.</summary>
    public int MaxLength { get; }

    /// <summary>One more than the largest id.</summary>
    public int VocabularySize { get; }

    /// <summary>The id before a caption's first token.</summary>
    public int BeginId => _special.Begin;

    /// <summary>The id after a caption's last token.</summary>
    public int EndId => _special.End;

    /// <summary>The id that fills the rest.</summary>
    public int PadId => _special.Pad;

    /// <summary>
    /// Loads a tokenizer folder: <c>vocab.json</c>, <c>merges.txt</c>, <c>tokenizer_config.json</c> and, where there is one,
    /// <c>special_tokens_map.json</c>.
    /// </summary>
    /// <param name="tokenizerFolder">The folder.</param>
    /// <exception cref="CheckpointException">A file is missing or contradicts another; the message names it.</exception>
    public static ClipTokenizer Load(string tokenizerFolder)
    {
        var files = TokenizerFiles.Read(tokenizerFolder);
        var special = SpecialTokens.From(files);
        var pairs = new BytePairEncoder(files.Vocabulary, files.Merges, special.Unknown, files.MergesPath);
        return new(pairs, special, files.Vocabulary.Values.Max() + 1, files.MaxLength);
    }

    /// <summary>The ids of one caption: begin, at most <c>MaxLength - 2</c> tokens (the rest is cut off), end, padding.</summary>
    /// <param name="text">Any text, also empty; lone surrogates count as U+FFFD.</param>
    /// <returns><see cref="MaxLength"/> ids.</returns>
    public int[] Encode(string text)
    {
        var tokens = Tokenize(text, MaxLength - 2);
        var ids = new int[MaxLength];
        ids[0] = BeginId;
        tokens.CopyTo(0, ids, 1, Math.Min(tokens.Count, MaxLength - 2));
        var end = Math.Min(tokens.Count, MaxLength - 2) + 1;
        ids[end] = EndId;
        ids.AsSpan(end + 1).Fill(PadId);
        return ids;
    }

    /// <summary>The ids of captions as a tensor.</summary>
    /// <param name="texts">The captions.</param>
    /// <returns>A new CPU tensor of int64, <c>[texts, MaxLength]</c>.</returns>
    public Tensor EncodeBatch(IReadOnlyCollection<string> texts)
    {
        var ids = texts.SelectMany(Encode).Select(id => (long)id).ToArray();
        return tensor(ids, [texts.Count, MaxLength], dtype: ScalarType.Int64);
    }

    /// <summary>The tokens of a text without begin, end and padding, however many there are.</summary>
    /// <param name="text">Any text.</param>
    public IReadOnlyList<int> Tokenize(string text) => Tokenize(text, int.MaxValue);

    private List<int> Tokenize(string text, int enough)
    {
        var ids = new List<int>();
        foreach (var (piece, id) in Pieces(text))
        {
            if (ids.Count >= enough)
            {
                break;
            }

            if (id is { } special)
            {
                ids.Add(special);
            }
            else
            {
                _pairs.Encode(piece.Span, ids);
            }
        }

        return ids;
    }

    private IEnumerable<(ReadOnlyMemory<char> Piece, int? Id)> Pieces(string text)
    {
        foreach (var (raw, rawId) in SpecialTokens.Split(text, _special.InRawText))
        {
            if (rawId is not null)
            {
                yield return (default, rawId);
                continue;
            }

            foreach (var (part, id) in SpecialTokens.Split(ClipText.Normalize(raw), _special.InNormalizedText))
            {
                if (id is not null)
                {
                    yield return (default, id);
                    continue;
                }

                foreach (var range in ClipText.Pieces(part))
                {
                    yield return (part.AsMemory(range), null);
                }
            }
        }
    }
}
