using System.Collections.Frozen;

namespace Tidings;

/// <summary>The matchers of one subscriber, asked for one event at a time when events are read back from the log. Immutable.</summary>
internal sealed class MatcherSet
{
    // Below this many matchers a plain loop beats a hash.
    private const int LoopLimit = 8;

    private readonly TopicMatcher[] _matchers;
    private readonly FrozenSet<Topic>? _exact;
    private readonly PatternMatcher[] _patterns;
    private readonly bool _matchesAll;

    public MatcherSet(IEnumerable<TopicMatcher> matchers)
    {
        _matchers = [.. matchers.Distinct()];
        _matchesAll = _matchers.Contains(TopicMatcher.All);
        _patterns = [.. _matchers.OfType<PatternMatcher>()];
        if (_matchers.Length > LoopLimit)
        {
            _exact = _matchers.OfType<TopicMatcher.ExactMatcher>().Select(matcher => matcher.Topic).ToFrozenSet();
        }
    }

    /// <summary>The matchers, each once.</summary>
    public ReadOnlySpan<TopicMatcher> Matchers => _matchers;

    /// <summary>The patterns among them.</summary>
    public ReadOnlySpan<PatternMatcher> Patterns => _patterns;

    /// <summary>Says whether any of <paramref name="topics"/> is selected.</summary>
    public bool MatchesAny(ReadOnlySpan<Topic> topics)
    {
        if (_matchesAll)
        {
            return true;
        }

        foreach (Topic topic in topics)
        {
            if ((_exact is null ? MatchesInLoop(topic) : _exact.Contains(topic)) || MatchesPattern(topic))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The oldest sequence from which on nothing is missing for these matchers.</summary>
    public long FloorOf(long floor, IReadOnlyList<TopicFloor> topicFloors)
    {
        foreach (TopicFloor topicFloor in topicFloors)
        {
            if (topicFloor.Floor > floor && Overlaps(topicFloor.Matcher))
            {
                floor = topicFloor.Floor;
            }
        }

        return floor;
    }

    private bool Overlaps(TopicMatcher other)
    {
        foreach (TopicMatcher matcher in _matchers)
        {
            if (matcher.Overlaps(other))
            {
                return true;
            }
        }

        return false;
    }

    private bool MatchesPattern(Topic topic)
    {
        if (_patterns.Length == 0)
        {
            return false;
        }

        Span<char> scratch = stackalloc char[UrlParts.ScratchLength];
        var reading = new TopicReading(topic, scratch);
        foreach (PatternMatcher pattern in _patterns)
        {
            if (reading.IsMatchedBy(pattern))
            {
                return true;
            }
        }

        return false;
    }

    private bool MatchesInLoop(Topic topic)
    {
        foreach (TopicMatcher matcher in _matchers)
        {
            if (matcher is TopicMatcher.ExactMatcher exact && exact.Topic == topic)
            {
                return true;
            }
        }

        return false;
    }
}
