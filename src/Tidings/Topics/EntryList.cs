using System.Runtime.InteropServices;

namespace Tidings;

/// <summary>A subscriber in one list of an index, and which of its matchers put it there.</summary>
internal readonly record struct IndexEntry<TSubscriber>(TSubscriber Subscriber, int Ordinal)
    where TSubscriber : class, IIndexMember;

/// <summary>What an index asks of a subscriber.</summary>
internal interface IIndexMember
{
    /// <summary>What the subscriber selects; never changes.</summary>
    MatcherSet Matchers { get; }

    /// <summary>Where each matcher's entry stands in its list; the index alone reads and writes it.</summary>
    int[] IndexPositions { get; }
}

/// <summary>An unordered list with removal in constant time: the last entry moves into the hole.</summary>
internal sealed class EntryList<TSubscriber>
    where TSubscriber : class, IIndexMember
{
    private readonly List<IndexEntry<TSubscriber>> _entries = [];

    public ReadOnlySpan<IndexEntry<TSubscriber>> Entries => CollectionsMarshal.AsSpan(_entries);

    public int Add(IndexEntry<TSubscriber> entry)
    {
        _entries.Add(entry);
        return _entries.Count - 1;
    }

    public void RemoveAt(int position)
    {
        IndexEntry<TSubscriber> last = _entries[^1];
        _entries[position] = last;
        last.Subscriber.IndexPositions[last.Ordinal] = position;
        _entries.RemoveAt(_entries.Count - 1);
    }
}
