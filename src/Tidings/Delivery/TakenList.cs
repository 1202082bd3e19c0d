namespace Tidings;

/// <summary>The reader's side of a pending list: what was taken from it at once is handed out one by one.</summary>
/// <remarks>Belongs to one reader; not thread-safe.</remarks>
internal sealed class TakenList(PendingList pending)
{
    private long[] _taken = [];
    private int _next;
    private int _count;

    /// <summary>Whether everything that was taken is handed out.</summary>
    public bool IsEmpty => _next == _count;

    /// <summary>
    /// Hands out the next sequence. If there is none and the list had to refuse events, <paramref name="overflowedAfter"/> tells up to where everything was offered.
    /// </summary>
    public bool TryTake(out long sequence, out long? overflowedAfter)
    {
        overflowedAfter = null;
        if (IsEmpty)
        {
            _next = 0;
            _count = pending.Take(ref _taken, out overflowedAfter);
            if (_count == 0)
            {
                sequence = 0;
                return false;
            }
        }

        sequence = _taken[_next++];
        return true;
    }

    /// <summary>Forgets what is not handed out.</summary>
    public void Forget() => _next = _count = 0;
}
