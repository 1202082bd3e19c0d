namespace Tidings;

/// <summary>An event as a log on disk keeps it, its body taken apart again.</summary>
/// <param name="Sequence">Its place in the order of all events; from 1.</param>
/// <param name="PublishedAt">When the publisher handed it in; UTC.</param>
/// <param name="IsPrivate">Whether only subscribers with a grant may see it.</param>
/// <param name="Topics">The topics, the canonical one first; at least one.</param>
/// <param name="Content">Type, data and reconnection time; the id only if the publisher gave one. The line ends of the data are LF.</param>
public sealed record StoredEvent(long Sequence, DateTimeOffset PublishedAt, bool IsPrivate, IReadOnlyList<Topic> Topics, ServerEvent Content)
{
    /// <summary>What the event is recognised by after a fork; 0 for one that is not from a log.</summary>
    internal ulong Tag { get; init; }

    /// <summary>Says whether one of the topics is selected by one of <paramref name="matchers"/>; if there are none, every event is.</summary>
    public bool IsSelectedBy(IReadOnlyCollection<TopicMatcher> matchers)
    {
        ArgumentNullException.ThrowIfNull(matchers);
        foreach (TopicMatcher matcher in matchers)
        {
            foreach (Topic topic in Topics)
            {
                if (matcher.Matches(topic))
                {
                    return true;
                }
            }
        }

        return matchers.Count == 0;
    }

    /// <summary>Takes the body apart; null if it is not one that was written by the encoder.</summary>
    internal static StoredEvent? TryMake(LoggedEvent logged)
    {
        PendingEvent pending = logged.Content;
        return StoredBody.TryDecode(pending.Body.Span, pending.PublisherId) is { } content
            ? new StoredEvent(logged.Sequence, pending.PublishedAt, pending.IsPrivate, pending.Topics.ToArray(), content) { Tag = pending.Tag }
            : null;
    }
}
