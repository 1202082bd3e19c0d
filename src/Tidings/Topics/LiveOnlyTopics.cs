using System.Buffers;

namespace Tidings;

/// <summary>
/// The topics of events that are never stored (<see cref="PendingEvent.IsLiveOnly"/>): those that begin with one of a few texts. Only who can see such events is told
/// when some of them are missing; nobody else learns that there were any.
/// </summary>
/// <remarks>Safe for use from several threads. It only grows, by the paths of the hubs of this process.</remarks>
internal sealed class LiveOnlyTopics
{
    // What ends the part of a URL pattern or URI template that stands for itself.
    private static readonly SearchValues<char> Special = SearchValues.Create("{}:*()?+\\[]#%");

    private volatile string[] _prefixes = [];

    /// <summary>Adds the topics that begin with <paramref name="prefix"/>.</summary>
    public void Add(string prefix)
    {
        string[] before;
        do
        {
            before = _prefixes;
            if (before.Contains(prefix, StringComparer.Ordinal))
            {
                return;
            }
        }
        while (Interlocked.CompareExchange(ref _prefixes, [.. before, prefix], before) != before);
    }

    /// <summary>Says whether any of <paramref name="matchers"/> may select one of the topics; when in doubt, yes.</summary>
    public bool MayBeSelectedBy(MatcherSet matchers)
    {
        foreach (string prefix in _prefixes)
        {
            foreach (TopicMatcher matcher in matchers.Matchers)
            {
                if (MayBeSelectedBy(matcher, prefix))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool MayBeSelectedBy(TopicMatcher matcher, string prefix) =>
        matcher == TopicMatcher.All
        || (matcher is TopicMatcher.ExactMatcher exact
            ? exact.Topic.Value.StartsWith(prefix, StringComparison.Ordinal)
            : MayReach(matcher.ToString(), prefix));

    // The topics are paths, so only the path of a pattern says anything, and of that only what stands before its first variable.
    private static bool MayReach(ReadOnlySpan<char> pattern, string prefix)
    {
        int scheme = pattern.StartsWith('/') ? -1 : pattern.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0)
        {
            ReadOnlySpan<char> host = pattern[(scheme + 3)..];
            int path = host.IndexOf('/');
            pattern = path < 0 ? default : host[path..];
        }

        int end = pattern.IndexOfAny(Special);
        ReadOnlySpan<char> literal = end < 0 ? pattern : pattern[..end];

        // A relative pattern is resolved against the hub, and dots are resolved away: both may lead anywhere.
        return !literal.StartsWith('/')
            || literal.Contains("/./", StringComparison.Ordinal)
            || literal.Contains("/..", StringComparison.Ordinal)
            || literal.EndsWith("/.", StringComparison.Ordinal)
            || literal.StartsWith(prefix, StringComparison.Ordinal)
            || (end >= 0 && prefix.AsSpan().StartsWith(literal, StringComparison.Ordinal));
    }
}
