namespace Tidings;

/// <summary>Events in the order of their sequences, which may have holes: added at the end, removed from the beginning, found by their place.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class EventQueue
{
    private const int FirstCapacity = 16;

    private LoggedEvent?[] _slots = []; // A power of two, as a ring.
    private int _first;

    public int Count { get; private set; }

    /// <summary>How many bytes the bodies have.</summary>
    public long Bytes { get; private set; }

    /// <summary>The event at <paramref name="index"/>, from 0 to below <see cref="Count"/>.</summary>
    public LoggedEvent this[int index] => _slots[(_first + index) & (_slots.Length - 1)]!; // every place below the count is taken

    /// <summary>Adds an event that comes after all others.</summary>
    public void Add(LoggedEvent logged)
    {
        if (Count == _slots.Length)
        {
            Grow();
        }

        _slots[(_first + Count) & (_slots.Length - 1)] = logged;
        Count++;
        Bytes += logged.Content.Body.Length;
    }

    /// <summary>Removes the oldest event; there must be one.</summary>
    public LoggedEvent RemoveOldest()
    {
        LoggedEvent oldest = this[0];
        _slots[_first] = null;
        _first = (_first + 1) & (_slots.Length - 1);
        Count--;
        Bytes -= oldest.Content.Body.Length;
        return oldest;
    }

    /// <summary>The index of the first event above <paramref name="sequence"/>; the count if there is none.</summary>
    public int IndexAfter(long sequence)
    {
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (this[middle].Sequence <= sequence)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private void Grow()
    {
        var grown = new LoggedEvent?[Math.Max(FirstCapacity, 2 * _slots.Length)];
        for (int i = 0; i < Count; i++)
        {
            grown[i] = this[i];
        }

        _slots = grown;
        _first = 0;
    }
}
