namespace StableRep.Api.Review;

/// <summary>Who else looks at an image set's review, as heard of by notices. Whoever was not heard of for a while is gone.</summary>
/// <param name="clock">The time.</param>
/// <param name="session">The own page, which is left out.</param>
public sealed class ReviewPresence(TimeProvider clock, string session)
{
    /// <summary>How often a page tells where it is, at least.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>How long a page is believed to be there without a word.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(16);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (ReviewPeer Peer, long At)> _peers = new(StringComparer.Ordinal);

    /// <summary>Takes a notice; true when others are to be drawn anew.</summary>
    public bool Hear(ReviewNotice notice)
    {
        if (notice is not { Kind: ReviewNotice.Presence, By: { } person, Cursor: { } cursor } || cursor.Session == session)
        {
            return false;
        }

        lock (_gate)
        {
            if (cursor.Caption is not { } caption)
            {
                return _peers.Remove(cursor.Session);
            }

            var peer = new ReviewPeer(person, cursor.Name, caption, cursor.Image);
            var moved = !_peers.TryGetValue(cursor.Session, out var before) || before.Peer != peer;
            _peers[cursor.Session] = (peer, clock.GetTimestamp());
            return moved;
        }
    }

    /// <summary>Forgets who was not heard of for a while; true when somebody was forgotten.</summary>
    public bool Expire()
    {
        lock (_gate)
        {
            var gone = _peers.Where(entry => clock.GetElapsedTime(entry.Value.At) > Patience).Select(entry => entry.Key).ToList();
            gone.ForEach(key => _peers.Remove(key));
            return gone.Count > 0;
        }
    }

    /// <summary>The others, in a steady order.</summary>
    public IReadOnlyList<ReviewPeer> Peers()
    {
        lock (_gate)
        {
            return [.. _peers.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => entry.Value.Peer)];
        }
    }
}

/// <summary>Somebody else who looks.</summary>
/// <param name="PersonId">The person.</param>
/// <param name="Name">The person's name.</param>
/// <param name="Caption">At which caption.</param>
/// <param name="Image">At which image, or null.</param>
public sealed record ReviewPeer(Guid PersonId, string Name, int Caption, long? Image);
