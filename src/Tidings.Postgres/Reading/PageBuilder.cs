namespace Tidings;

/// <summary>
/// Makes a page of rows, and proves that none is missing: every stored event names the one that was stored before it. Where that one is neither in the page nor before it, the page ends; the next one begins
/// behind the hole, with a floor that tells it.
/// </summary>
internal sealed class PageBuilder
{
    private readonly long _after;
    private readonly Bounds _bounds;
    private readonly bool _isTail;
    private readonly List<LoggedEvent> _events = [];
    private long _provedThrough; // No stored event up to here is missing.
    private long _through;
    private long _beginsAt; // Set if the page begins behind a hole.
    private bool _isCut;

    /// <param name="after">Everything up to here is known.</param>
    /// <param name="bounds">Where the log begins and ends.</param>
    /// <param name="isTail">Whether what lies below the floor counts as long as it is there.</param>
    public PageBuilder(long after, Bounds bounds, bool isTail)
    {
        _after = after;
        _bounds = bounds;
        _isTail = isTail;
        _provedThrough = after;
        _through = after;
    }

    /// <summary>The hole that the page begins behind, if it was not retention that made it.</summary>
    public (long After, long Next)? Hole { get; private set; }

    /// <summary>Adds the next row; false if the page ends before it.</summary>
    /// <param name="sequence">Its sequence.</param>
    /// <param name="previous">The event that was stored before it; null for one that is not kept.</param>
    /// <param name="logged">The event; null if the row cannot be read, which is as if it were missing.</param>
    public bool Add(long sequence, long? previous, LoggedEvent? logged)
    {
        if (logged is null)
        {
            return true;
        }

        if (previous > _provedThrough && (_isTail || previous >= _bounds.Floor))
        {
            if (_events.Count > 0)
            {
                _isCut = true;
                return false;
            }

            BeginAt(sequence, previous.Value);
        }

        _events.Add(logged);
        _through = sequence;
        _provedThrough = previous is null ? _provedThrough : sequence;
        return true;
    }

    /// <summary>Makes the page.</summary>
    /// <param name="isEnd">Whether the rows were all that there are.</param>
    public LogPage Build(bool isEnd)
    {
        if (isEnd && !_isCut)
        {
            bool isMissing = _bounds.LastStored > _provedThrough && (_isTail || _bounds.LastStored >= _bounds.Floor);
            if (!isMissing)
            {
                _through = _bounds.Last;
            }
            else if (_events.Count == 0)
            {
                _through = _bounds.Last;
                BeginAt(_bounds.Last + 1, _bounds.LastStored);
            }
        }

        return new LogPage(_events, _through, Math.Max(_beginsAt, _isTail ? Math.Min(_bounds.Floor, _after + 1) : _bounds.Floor));
    }

    private void BeginAt(long sequence, long missing)
    {
        _beginsAt = sequence;
        if (missing >= _bounds.Floor)
        {
            Hole = (_after, sequence);
        }
    }
}
