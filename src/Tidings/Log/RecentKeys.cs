using System.Diagnostics.CodeAnalysis;

namespace Tidings;

/// <summary>The idempotency keys of the newest events, bounded by age and by count. Ages are told by the events, so no clock is asked.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class RecentKeys(TimeSpan window, int capacity)
{
    private readonly Dictionary<UInt128, Entry> _entries = [];
    private readonly Queue<UInt128> _oldestFirst = [];

    /// <summary>Finds what was stored under the key of <paramref name="mark"/> within the window before <paramref name="now"/>.</summary>
    public bool TryFind(IdempotencyMark mark, DateTimeOffset now, [NotNullWhen(true)] out Entry? entry)
    {
        while (_oldestFirst.TryPeek(out UInt128 oldest) && now - _entries[oldest].At > window)
        {
            _entries.Remove(_oldestFirst.Dequeue());
        }

        return _entries.TryGetValue(mark.Key, out entry);
    }

    /// <summary>Adds a key that <see cref="TryFind"/> has just not found; forgets the oldest one when there are too many.</summary>
    public void Add(IdempotencyMark mark, long sequence, ulong tag, DateTimeOffset at)
    {
        _entries.Add(mark.Key, new Entry(mark.Content, sequence, tag, at));
        _oldestFirst.Enqueue(mark.Key);
        if (_oldestFirst.Count > capacity)
        {
            _entries.Remove(_oldestFirst.Dequeue());
        }
    }

    public sealed record Entry(UInt128 Content, long Sequence, ulong Tag, DateTimeOffset At);
}
