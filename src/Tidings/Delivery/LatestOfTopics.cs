namespace Tidings;

/// <summary>
/// Chooses, for a reader that is behind, the newest event of every topic. It looks at all that was missed first and remembers sequences only; what is chosen is read again
/// when it is handed out. When there are more topics than it may remember, it chooses among the events so far, and later ones are a choice of their own: then a
/// topic may be handed out more than once, still in order, and at worst everything is.
/// </summary>
/// <remarks>Belongs to one reader; not thread-safe.</remarks>
internal sealed class LatestOfTopics(MatcherSet matchers, EventVisibility visibility, int maxTopics)
{
    private Dictionary<Topic, long>? _newest; // Only while choosing.
    private long _seenThrough;
    private long[] _chosen = []; // Ascending.
    private int _next;

    /// <summary>Up to here it is known which events are handed out.</summary>
    public long Through { get; private set; }

    /// <summary>The place after which <see cref="Choose"/> looks on, for a reader at <paramref name="cursor"/>.</summary>
    public long LooksAfter(long cursor) => _newest is null ? cursor : _seenThrough;

    /// <summary>Looks at the events that are at hand, and makes the choice when it has come to <paramref name="cut"/> or remembers as many topics as it may.</summary>
    public void Choose(CatchUp events, long cursor, long cut)
    {
        if (_newest is null)
        {
            _newest = [];
            _seenThrough = cursor;
        }

        long seen = _seenThrough;
        while (seen < cut && events.TryNext(ref seen, cut, out PendingEvent? content))
        {
            if (visibility.Includes(content) && !TryRemember(_newest, content.Topics, seen))
            {
                Conclude(_newest, seen - 1);
                events.Forget();
                return;
            }
        }

        _seenThrough = seen;
        if (seen >= cut)
        {
            Conclude(_newest, cut);
            events.Forget();
        }
    }

    /// <summary>Says whether the event at <paramref name="sequence"/> is handed out. Asked in ascending order.</summary>
    public bool IsChosen(long sequence)
    {
        while (_next < _chosen.Length && _chosen[_next] < sequence)
        {
            _next++;
        }

        return _next < _chosen.Length && _chosen[_next] == sequence;
    }

    /// <summary>
    /// The place right before the next event that is handed out. A reader that goes there reads nothing in vain, and retention that removes only what would
    /// have been left out is no gap.
    /// </summary>
    public long Skip(long cursor)
    {
        IsChosen(cursor + 1);
        return _next < _chosen.Length ? _chosen[_next] - 1 : Through;
    }

    /// <summary>Forgets what was seen and chosen: a gap has taken the reader elsewhere.</summary>
    public void Forget()
    {
        _newest = null;
        _chosen = [];
        _next = 0;
        Through = 0;
    }

    private bool TryRemember(Dictionary<Topic, long> newest, ReadOnlySpan<Topic> topics, long sequence)
    {
        int added = 0;
        foreach (ref readonly Topic topic in topics)
        {
            added += IsSelected(in topic) && !newest.ContainsKey(topic) ? 1 : 0;
        }

        // A single event is remembered however many topics it has: otherwise there would be no progress.
        if (newest.Count > 0 && newest.Count + added > maxTopics)
        {
            return false;
        }

        foreach (ref readonly Topic topic in topics)
        {
            if (IsSelected(in topic))
            {
                newest[topic] = sequence;
            }
        }

        return true;
    }

    private bool IsSelected(ref readonly Topic topic) => matchers.MatchesAny(new ReadOnlySpan<Topic>(in topic));

    private void Conclude(Dictionary<Topic, long> newest, long through)
    {
        // An event of several topics is chosen once.
        _chosen = [.. newest.Values.Distinct().Order()];
        _next = 0;
        _newest = null;
        Through = through;
    }
}
