using System.Text;
using StableRep.Engine.Checkpoints;

namespace StableRep.Engine.Text;

/// <summary>Byte-pair encoding of one piece of text (Sennrich et al. 2016) over bytes, with an end-of-word mark.</summary>
internal sealed class BytePairEncoder
{
    private readonly int[] _inside = new int[256];
    private readonly int[] _last = new int[256];
    private readonly Dictionary<(int Left, int Right), (int Rank, int Id)> _merges;

    /// <summary>Prepares the merges.</summary>
    /// <param name="vocabulary">The id of each token.</param>
    /// <param name="merges">Pairs of tokens, the most urgent first.</param>
    /// <param name="unknown">The id of a byte that the vocabulary lacks.</param>
    /// <param name="name">The merges' file, for errors.</param>
    /// <exception cref="CheckpointException">A merge speaks of a token that the vocabulary lacks.</exception>
    public BytePairEncoder(
        IReadOnlyDictionary<string, int> vocabulary, IReadOnlyList<(string Left, string Right)> merges, int unknown, string name)
    {
        for (var value = 0; value < 256; value++)
        {
            var symbol = ByteAlphabet.Characters[value].ToString();
            _inside[value] = vocabulary.GetValueOrDefault(symbol, unknown);
            _last[value] = vocabulary.GetValueOrDefault(symbol + ByteAlphabet.EndOfWord, unknown);
        }

        _merges = new(merges.Count);
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (left, right) = merges[rank];
            _merges[(Id(left), Id(right))] = (rank, Id(left + right));

            int Id(string token) => vocabulary.TryGetValue(token, out var id)
                ? id
                : throw new CheckpointException($"{name}: merge {rank + 1} ('{left} {right}') needs the token '{token}', which vocab.json lacks.");
        }
    }

    /// <summary>Appends the ids of one piece.</summary>
    public void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(piece)];
        Encoding.UTF8.GetBytes(piece, bytes);
        if (bytes.Length == 0)
        {
            return;
        }

        var word = new Word(bytes.Length);
        for (var i = 0; i < bytes.Length; i++)
        {
            word.Symbols[i] = (i == bytes.Length - 1 ? _last : _inside)[bytes[i]];
        }

        Merge(word);
        for (var i = 0; i >= 0; i = word.Next[i])
        {
            ids.Add(word.Symbols[i]);
        }
    }

    // The most urgent merge first, the leftmost among equals: a queue and a linked list, so that a word of any length takes n log n.
    private void Merge(Word word)
    {
        var queue = new PriorityQueue<(int Position, int Id), long>();
        for (var i = 0; i >= 0; i = word.Next[i])
        {
            Consider(i);
        }

        while (queue.TryDequeue(out var merge, out _))
        {
            var (position, id) = merge;
            var right = word.Next[position];
            if (word.Symbols[position] < 0 || right < 0
                || !_merges.TryGetValue((word.Symbols[position], word.Symbols[right]), out var current) || current.Id != id)
            {
                continue; // A neighbour was merged since this one was queued.
            }

            word.Symbols[position] = id;
            word.Symbols[right] = -1;
            word.Next[position] = word.Next[right];
            if (word.Next[position] >= 0)
            {
                word.Previous[word.Next[position]] = position;
                Consider(position);
            }

            if (word.Previous[position] >= 0)
            {
                Consider(word.Previous[position]);
            }
        }

        void Consider(int position)
        {
            var right = word.Next[position];
            if (right >= 0 && _merges.TryGetValue((word.Symbols[position], word.Symbols[right]), out var merge))
            {
                queue.Enqueue((position, merge.Id), ((long)merge.Rank << 32) | (uint)position);
            }
        }
    }

    private sealed class Word
    {
        public Word(int length)
        {
            (Symbols, Previous, Next) = (new int[length], new int[length], new int[length]);
            for (var i = 0; i < length; i++)
            {
                (Previous[i], Next[i]) = (i - 1, i + 1 < length ? i + 1 : -1);
            }
        }

        public int[] Symbols { get; }

        public int[] Previous { get; }

        public int[] Next { get; }
    }
}
