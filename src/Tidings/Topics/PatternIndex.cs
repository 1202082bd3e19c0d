using System.Runtime.InteropServices;

namespace Tidings;

/// <summary>
/// Finds the subscribers whose patterns select a topic. Each distinct pattern is tested once per event however many subscribers use it, and only if the topic begins with
/// the pattern's fixed beginning (<see cref="PrefixKey"/>); what an event costs does not grow with the patterns that it cannot match.
/// </summary>
/// <remarks>Not thread-safe: the dispatcher's loop owns it.</remarks>
internal sealed class PatternIndex<TSubscriber>
    where TSubscriber : class, IIndexMember
{
    private readonly Dictionary<PatternMatcher, Slot> _slots = [];
    private readonly Dictionary<string, List<Slot>> _texts = new(StringComparer.Ordinal);

    // URL patterns by what they are relative to: commonly the hub's URL alone.
    private readonly Dictionary<Url, Dictionary<string, List<Slot>>> _urls = [];
    private readonly List<EntryList<TSubscriber>> _found = [];
    private char[] _key = new char[256];

    /// <summary>How many distinct patterns have at least one subscriber.</summary>
    public int Count => _slots.Count;

    /// <summary>The subscribers of each pattern that selects <paramref name="topic"/>. What is returned holds until the next call.</summary>
    public ReadOnlySpan<EntryList<TSubscriber>> Find(Topic topic)
    {
        _found.Clear();
        if (_slots.Count == 0)
        {
            return [];
        }

        Span<char> scratch = stackalloc char[UrlParts.ScratchLength];
        var reading = new TopicReading(topic, scratch);
        if (_texts.Count > 0)
        {
            Look(_texts, PrefixKey.Text, topic.Value, "", ref reading);
        }

        foreach ((Url baseUrl, Dictionary<string, List<Slot>> buckets) in _urls)
        {
            if (reading.TryReadUrl(baseUrl, out UrlParts url))
            {
                Look(buckets, PrefixKey.Url, url.Host, url.Path, ref reading);
                Look(buckets, PrefixKey.AnyHost, url.Path, "", ref reading);
            }
        }

        return CollectionsMarshal.AsSpan(_found);
    }

    /// <summary>The subscribers of <paramref name="matcher"/>, made if there are none yet.</summary>
    public EntryList<TSubscriber> ListFor(PatternMatcher matcher)
    {
        ref Slot? slot = ref CollectionsMarshal.GetValueRefOrAddDefault(_slots, matcher, out bool exists);
        if (!exists)
        {
            List<Slot> bucket = BucketFor(matcher);
            slot = new Slot(matcher) { Position = bucket.Count };
            bucket.Add(slot);
        }

        return slot!.Entries; // made above if it was missing
    }

    /// <summary>Forgets a pattern that nobody uses any more.</summary>
    public void Remove(PatternMatcher matcher)
    {
        _slots.Remove(matcher, out Slot? slot);
        List<Slot> bucket = BucketFor(matcher);
        Slot last = bucket[^1];
        bucket[slot!.Position] = last; // a pattern is removed once
        last.Position = slot.Position;
        bucket.RemoveAt(bucket.Count - 1);
        if (bucket.Count == 0)
        {
            RemoveBucket(matcher);
        }
    }

    private List<Slot> BucketFor(PatternMatcher matcher)
    {
        Dictionary<string, List<Slot>> buckets = _texts;
        if (matcher is UrlPatternMatcher pattern)
        {
            ref Dictionary<string, List<Slot>>? ofBase = ref CollectionsMarshal.GetValueRefOrAddDefault(_urls, pattern.Base, out _);
            buckets = ofBase ??= new Dictionary<string, List<Slot>>(StringComparer.Ordinal);
        }

        ref List<Slot>? bucket = ref CollectionsMarshal.GetValueRefOrAddDefault(buckets, matcher.Key, out _);
        return bucket ??= [];
    }

    private void RemoveBucket(PatternMatcher matcher)
    {
        if (matcher is not UrlPatternMatcher pattern)
        {
            _texts.Remove(matcher.Key);
            return;
        }

        _urls[pattern.Base].Remove(matcher.Key);
        if (_urls[pattern.Base].Count == 0)
        {
            _urls.Remove(pattern.Base);
        }
    }

    private void Look(Dictionary<string, List<Slot>> buckets, char space, ReadOnlySpan<char> first, ReadOnlySpan<char> second, ref TopicReading reading)
    {
        int length = first.Length + second.Length;
        if (_key.Length < length + 2)
        {
            _key = new char[length + 2];
        }

        // The whole text with its mark, and then, from the same characters, each beginning without it.
        Span<char> key = _key.AsSpan(0, length + 2);
        (key[0], key[1]) = (space, PrefixKey.Whole);
        first.CopyTo(key[2..]);
        second.CopyTo(key[(2 + first.Length)..]);
        Dictionary<string, List<Slot>>.AlternateLookup<ReadOnlySpan<char>> lookup = buckets.GetAlternateLookup<ReadOnlySpan<char>>();
        if (space != PrefixKey.Text)
        {
            Test(lookup, key, ref reading);
        }

        key = key[1..];
        key[0] = space;
        int end = 1;
        for (int depth = 0; depth <= PrefixKey.MaxDepth; depth++)
        {
            Test(lookup, key[..end], ref reading);
            int slash = key[end..].IndexOf('/');
            if (slash < 0)
            {
                return;
            }

            end += slash + 1;
        }
    }

    private void Test(Dictionary<string, List<Slot>>.AlternateLookup<ReadOnlySpan<char>> lookup, ReadOnlySpan<char> key, ref TopicReading reading)
    {
        if (lookup.TryGetValue(key, out List<Slot>? bucket))
        {
            foreach (Slot slot in bucket)
            {
                if (reading.IsMatchedBy(slot.Matcher))
                {
                    _found.Add(slot.Entries);
                }
            }
        }
    }

    private sealed class Slot(PatternMatcher matcher)
    {
        public PatternMatcher Matcher => matcher;

        public EntryList<TSubscriber> Entries { get; } = new();

        /// <summary>Where the slot stands in its bucket.</summary>
        public int Position { get; set; }
    }
}
