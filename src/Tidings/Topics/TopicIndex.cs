using System.Runtime.InteropServices;

namespace Tidings;

/// <summary>
/// Finds the subscribers of a topic. What an event costs depends on those that match it, never on those that do not:
/// exact topics are found by hash, subscribers of everything stand in a list of their own.
/// </summary>
/// <remarks>Not thread-safe: the dispatcher's loop owns it.</remarks>
internal sealed class TopicIndex<TSubscriber>
    where TSubscriber : class, TopicIndex<TSubscriber>.IMember
{
    private readonly Dictionary<Topic, EntryList> _exact = [];
    private readonly EntryList _all = new();

    /// <summary>What the index asks of a subscriber.</summary>
    internal interface IMember
    {
        /// <summary>What the subscriber selects; never changes.</summary>
        MatcherSet Matchers { get; }

        /// <summary>Where each matcher's entry stands in its list; the index alone reads and writes it.</summary>
        int[] IndexPositions { get; }
    }

    /// <summary>How many exact topics have at least one subscriber.</summary>
    public int TopicCount => _exact.Count;

    /// <summary>The subscribers of every topic.</summary>
    public ReadOnlySpan<Entry> All => _all.Entries;

    /// <summary>The subscribers that named <paramref name="topic"/> exactly.</summary>
    public ReadOnlySpan<Entry> Exact(Topic topic) =>
        _exact.TryGetValue(topic, out EntryList? list) ? list.Entries : [];

    public void Add(TSubscriber subscriber)
    {
        ReadOnlySpan<TopicMatcher> matchers = subscriber.Matchers.Matchers;
        for (int i = 0; i < matchers.Length; i++)
        {
            subscriber.IndexPositions[i] = ListFor(matchers[i]).Add(new Entry(subscriber, i));
        }
    }

    public void Remove(TSubscriber subscriber)
    {
        ReadOnlySpan<TopicMatcher> matchers = subscriber.Matchers.Matchers;
        for (int i = 0; i < matchers.Length; i++)
        {
            EntryList list = ListFor(matchers[i]);
            list.RemoveAt(subscriber.IndexPositions[i]);
            if (list.Entries.IsEmpty && matchers[i] is TopicMatcher.ExactMatcher exact)
            {
                _exact.Remove(exact.Topic);
            }
        }
    }

    private EntryList ListFor(TopicMatcher matcher)
    {
        if (matcher is not TopicMatcher.ExactMatcher exact)
        {
            return _all;
        }

        ref EntryList? list = ref CollectionsMarshal.GetValueRefOrAddDefault(_exact, exact.Topic, out _);
        return list ??= new EntryList();
    }

    /// <summary>A subscriber in one list, and which of its matchers put it there.</summary>
    internal readonly record struct Entry(TSubscriber Subscriber, int Ordinal);

    /// <summary>An unordered list with removal in constant time: the last entry moves into the hole.</summary>
    private sealed class EntryList
    {
        private readonly List<Entry> _entries = [];

        public ReadOnlySpan<Entry> Entries => CollectionsMarshal.AsSpan(_entries);

        public int Add(Entry entry)
        {
            _entries.Add(entry);
            return _entries.Count - 1;
        }

        public void RemoveAt(int position)
        {
            Entry last = _entries[^1];
            _entries[position] = last;
            last.Subscriber.IndexPositions[last.Ordinal] = position;
            _entries.RemoveAt(_entries.Count - 1);
        }
    }
}
