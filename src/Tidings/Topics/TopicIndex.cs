using System.Runtime.InteropServices;

namespace Tidings;

/// <summary>
/// Finds the subscribers of a topic. What an event costs depends on those that match it, never on those that do not:
/// exact topics are found by hash, patterns by their fixed beginning, and subscribers of everything stand in a list of their own.
/// </summary>
/// <remarks>Not thread-safe: the dispatcher's loop owns it.</remarks>
internal sealed class TopicIndex<TSubscriber>
    where TSubscriber : class, IIndexMember
{
    private readonly Dictionary<Topic, EntryList<TSubscriber>> _exact = [];
    private readonly PatternIndex<TSubscriber> _patterns = new();
    private readonly EntryList<TSubscriber> _all = new();

    /// <summary>How many exact topics have at least one subscriber.</summary>
    public int TopicCount => _exact.Count;

    /// <summary>How many distinct patterns have at least one subscriber.</summary>
    public int PatternCount => _patterns.Count;

    /// <summary>The subscribers of every topic.</summary>
    public ReadOnlySpan<IndexEntry<TSubscriber>> All => _all.Entries;

    /// <summary>The subscribers that named <paramref name="topic"/> exactly.</summary>
    public ReadOnlySpan<IndexEntry<TSubscriber>> Exact(Topic topic) =>
        _exact.TryGetValue(topic, out EntryList<TSubscriber>? list) ? list.Entries : [];

    /// <summary>The subscribers of each pattern that selects <paramref name="topic"/>; a subscriber of two patterns stands in two lists. Holds until the next call.</summary>
    public ReadOnlySpan<EntryList<TSubscriber>> Patterns(Topic topic) => _patterns.Find(topic);

    public void Add(TSubscriber subscriber)
    {
        ReadOnlySpan<TopicMatcher> matchers = subscriber.Matchers.Matchers;
        for (int i = 0; i < matchers.Length; i++)
        {
            subscriber.IndexPositions[i] = ListFor(matchers[i]).Add(new IndexEntry<TSubscriber>(subscriber, i));
        }
    }

    public void Remove(TSubscriber subscriber)
    {
        ReadOnlySpan<TopicMatcher> matchers = subscriber.Matchers.Matchers;
        for (int i = 0; i < matchers.Length; i++)
        {
            EntryList<TSubscriber> list = ListFor(matchers[i]);
            list.RemoveAt(subscriber.IndexPositions[i]);
            if (list.Entries.IsEmpty)
            {
                Forget(matchers[i]);
            }
        }
    }

    private void Forget(TopicMatcher matcher)
    {
        if (matcher is TopicMatcher.ExactMatcher exact)
        {
            _exact.Remove(exact.Topic);
        }
        else if (matcher is PatternMatcher pattern)
        {
            _patterns.Remove(pattern);
        }
    }

    private EntryList<TSubscriber> ListFor(TopicMatcher matcher)
    {
        if (matcher is PatternMatcher pattern)
        {
            return _patterns.ListFor(pattern);
        }

        if (matcher is not TopicMatcher.ExactMatcher exact)
        {
            return _all;
        }

        ref EntryList<TSubscriber>? list = ref CollectionsMarshal.GetValueRefOrAddDefault(_exact, exact.Topic, out _);
        return list ??= new EntryList<TSubscriber>();
    }
}
