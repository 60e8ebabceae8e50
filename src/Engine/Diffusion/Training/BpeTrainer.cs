using System.Text;
using StableRep.Engine.Text;

namespace StableRep.Engine.Diffusion.Training;

/// <summary>
/// Learns a byte-level BPE vocabulary from captions in exactly the form of CLIP's tokenizer (Sennrich et al. 2016; Radford et al. 2021):
/// the 256 byte symbols, the same with the end-of-word mark, the merges in the order they were learned, then the two special tokens.
/// Since every byte has a symbol, any text tokenizes, also one that shares no word with the captions.
/// </summary>
internal static class BpeTrainer
{
    /// <summary>Byte symbols with and without the end-of-word mark, and the two special tokens.</summary>
    public const int SmallestVocabulary = 512 + 2;

    /// <summary>Learns the merges that shorten the captions most.</summary>
    /// <param name="captions">The corpus; read once.</param>
    /// <param name="vocabularySize">The largest vocabulary, at least <see cref="SmallestVocabulary"/>. It is smaller where no pair is left.</param>
    /// <param name="minimumFrequency">The fewest occurrences of a pair that is merged.</param>
    public static BpeVocabulary Learn(IEnumerable<string> captions, int vocabularySize, int minimumFrequency = 2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, SmallestVocabulary);
        ArgumentOutOfRangeException.ThrowIfLessThan(minimumFrequency, 1);
        // Bytes that print as themselves come first in CLIP's vocabulary: the alphabet's own order.
        List<string> symbols = [.. ByteAlphabet.Characters.Order().Select(symbol => symbol.ToString())];
        List<string> tokens = [.. symbols, .. symbols.Select(symbol => symbol + ByteAlphabet.EndOfWord)];
        var corpus = new PairCounts(CountWords(captions, symbols), tokens);
        var merges = new List<(string Left, string Right)>();
        while (tokens.Count < vocabularySize - 2 && corpus.MostFrequent(minimumFrequency) is { } pair)
        {
            merges.Add((tokens[pair.Left], tokens[pair.Right]));
            tokens.Add(tokens[pair.Left] + tokens[pair.Right]);
            corpus.Merge(pair, tokens.Count - 1);
        }

        return new BpeVocabulary([.. tokens, BpeVocabulary.StartOfText, BpeVocabulary.EndOfText], merges);
    }

    /// <summary>Each word once, as symbol numbers, with how often it occurs; in an order that does not depend on the captions' order.</summary>
    private static List<(List<int> Symbols, long Count)> CountWords(IEnumerable<string> captions, List<string> symbols)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var text in captions.Select(ClipText.Normalize))
        {
            foreach (var piece in ClipText.Pieces(text))
            {
                counts[text[piece]] = counts.GetValueOrDefault(text[piece]) + 1;
            }
        }

        var numbers = symbols.Index().ToDictionary(symbol => symbol.Item[0], symbol => symbol.Index);
        return [.. counts.OrderBy(word => word.Key, StringComparer.Ordinal).Select(word =>
        {
            List<int> ids = [.. Encoding.UTF8.GetBytes(word.Key).Select(value => numbers[ByteAlphabet.Characters[value]])];
            ids[^1] += symbols.Count;
            return (ids, word.Value);
        })];
    }

    /// <summary>How often each pair of neighbours occurs, kept up to date merge by merge.</summary>
    private sealed class PairCounts
    {
        private readonly List<(List<int> Symbols, long Count)> _words;
        private readonly List<string> _tokens;
        private readonly Dictionary<(int Left, int Right), long> _counts = [];
        private readonly Dictionary<(int Left, int Right), HashSet<int>> _where = [];

        public PairCounts(List<(List<int> Symbols, long Count)> words, List<string> tokens)
        {
            (_words, _tokens) = (words, tokens);
            for (var index = 0; index < words.Count; index++)
            {
                Count(index, sign: 1);
            }
        }

        /// <summary>The pair to merge next; ties go to the first in ordinal order, so that the same captions give the same vocabulary.</summary>
        public (int Left, int Right)? MostFrequent(int minimum)
        {
            (int Left, int Right)? best = null;
            var most = minimum - 1L;
            foreach (var (pair, count) in _counts)
            {
                if (count > most || (count == most && best is { } held && Precedes(pair, held)))
                {
                    (best, most) = (pair, count);
                }
            }

            return best;
        }

        public void Merge((int Left, int Right) pair, int merged)
        {
            foreach (var index in _where[pair].ToArray())
            {
                Count(index, sign: -1);
                var symbols = _words[index].Symbols;
                for (var position = 0; position + 1 < symbols.Count; position++)
                {
                    if (symbols[position] == pair.Left && symbols[position + 1] == pair.Right)
                    {
                        symbols[position] = merged;
                        symbols.RemoveAt(position + 1);
                    }
                }

                Count(index, sign: 1);
            }
        }

        private void Count(int index, int sign)
        {
            var (symbols, count) = _words[index];
            for (var position = 0; position + 1 < symbols.Count; position++)
            {
                var pair = (symbols[position], symbols[position + 1]);
                var total = _counts.GetValueOrDefault(pair) + (sign * count);
                if (total == 0)
                {
                    _counts.Remove(pair);
                    _where.Remove(pair);
                    continue;
                }

                _counts[pair] = total;
                if (!_where.TryGetValue(pair, out var places))
                {
                    _where[pair] = places = [];
                }

                if (sign > 0)
                {
                    places.Add(index);
                }
            }
        }

        private bool Precedes((int Left, int Right) pair, (int Left, int Right) other)
        {
            var order = string.CompareOrdinal(_tokens[pair.Left], _tokens[other.Left]);
            return order < 0 || (order == 0 && string.CompareOrdinal(_tokens[pair.Right], _tokens[other.Right]) < 0);
        }
    }
}
