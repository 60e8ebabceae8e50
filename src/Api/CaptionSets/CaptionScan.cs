using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using StableRep.Data.CaptionSets;

namespace StableRep.Api.CaptionSets;

/// <summary>
/// Decides, entry by entry, which captions of a file are kept, and counts and lists the others. The captions that are kept are in order,
/// normal, not empty and all different; their hash is the set's identity.
/// </summary>
internal sealed class CaptionScan : IDisposable
{
    /// <summary>The most problems that are listed; all are counted.</summary>
    public const int MaxProblems = 1000;

    private readonly HashSet<UInt128> _seen = [];
    private readonly IncrementalHash _identity = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<ListedProblem> _problems = [];
    private readonly int[] _counts = new int[Enum.GetValues<CaptionProblemKind>().Length];

    /// <summary>Where the captions were found.</summary>
    public FoundColumn Column { get; set; } = FoundColumn.None;

    /// <summary>The captions kept so far.</summary>
    public int Count { get; private set; }

    /// <summary>The first <see cref="MaxProblems"/> problems.</summary>
    public IReadOnlyList<ListedProblem> Problems => _problems;

    /// <summary>How many entries had a problem.</summary>
    public int CountOf(CaptionProblemKind kind) => _counts[(int)kind];

    /// <summary>The caption to keep, or null when the entry is left out.</summary>
    public string? Accept(RawCaption raw)
    {
        if (raw.Text is null)
        {
            return Refuse(raw.Line, CaptionProblemKind.Malformed, raw.Problem ?? "");
        }

        var caption = CaptionText.Normalize(raw.Text, out var cut);
        if (caption.Length == 0)
        {
            return Refuse(raw.Line, CaptionProblemKind.Empty, "");
        }

        var bytes = Encoding.UTF8.GetBytes(caption);
        if (!_seen.Add(BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(bytes))))
        {
            return Refuse(raw.Line, CaptionProblemKind.Duplicate, caption);
        }

        if (cut)
        {
            Refuse(raw.Line, CaptionProblemKind.OverLong, caption);
        }

        _identity.AppendData(bytes);
        _identity.AppendData("\n"u8);
        Count++;
        return caption;
    }

    /// <summary>SHA-256 of the captions kept, each followed by a line feed, in hexadecimal.</summary>
    public string Identity() => Convert.ToHexStringLower(_identity.GetCurrentHash());

    /// <inheritdoc/>
    public void Dispose() => _identity.Dispose();

    private string? Refuse(long line, CaptionProblemKind kind, string text)
    {
        _counts[(int)kind]++;
        if (_problems.Count < MaxProblems)
        {
            var end = Math.Min(text.Length, 120);
            _problems.Add(new ListedProblem(line, kind, text[..(end > 0 && char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)]));
        }

        return null;
    }
}

/// <summary>A line of a caption file that did not become a caption as it stands.</summary>
/// <param name="Line">The line from 1.</param>
/// <param name="Kind">What is wrong.</param>
/// <param name="Excerpt">The caption's beginning, or the format's complaint.</param>
public sealed record ListedProblem(long Line, CaptionProblemKind Kind, string Excerpt);
