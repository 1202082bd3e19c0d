namespace Tidings;

/// <summary>An event on its way into the log: complete but for its place.</summary>
/// <remarks>Immutable. The topics and the body must not be changed by whoever made the event.</remarks>
public sealed class PendingEvent
{
    private readonly Topic[] _topics;

    /// <summary>Makes an event for the log.</summary>
    /// <param name="topics">The topics, the canonical one first; at least one.</param>
    /// <param name="body">The frame without its id and blank line.</param>
    /// <param name="tag">40 random bits, not zero, that tell this event from another one that got the same sequence after a fork.</param>
    /// <param name="publishedAt">When the publisher handed the event in.</param>
    /// <param name="isPrivate">Whether only subscribers with a grant may see the event.</param>
    /// <param name="publisherId">The id that the publisher chose, if it did.</param>
    public PendingEvent(
        ReadOnlySpan<Topic> topics,
        ReadOnlyMemory<byte> body,
        ulong tag,
        DateTimeOffset publishedAt,
        bool isPrivate = false,
        SseId? publisherId = null)
    {
        if (topics.IsEmpty)
        {
            throw new ArgumentException("An event needs at least one topic.", nameof(topics));
        }

        _topics = topics.ToArray();
        Body = body;
        Tag = tag;
        PublishedAt = publishedAt;
        IsPrivate = isPrivate;
        PublisherId = publisherId;
    }

    private PendingEvent(PendingEvent other, IdempotencyMark idempotency)
    {
        _topics = other._topics;
        Body = other.Body;
        Tag = other.Tag;
        PublishedAt = other.PublishedAt;
        IsPrivate = other.IsPrivate;
        PublisherId = other.PublisherId;
        IsLiveOnly = other.IsLiveOnly;
        Idempotency = idempotency;
    }

    /// <summary>The topics, the canonical one first; at least one.</summary>
    public ReadOnlySpan<Topic> Topics => _topics;

    /// <summary>The frame without its id and blank line.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>40 random bits, not zero, that tell this event from another one that got the same sequence after a fork.</summary>
    public ulong Tag { get; }

    /// <summary>When the publisher handed the event in.</summary>
    public DateTimeOffset PublishedAt { get; }

    /// <summary>Whether only subscribers with a grant may see the event.</summary>
    public bool IsPrivate { get; }

    /// <summary>
    /// Whether the event is only for those who follow the log now: it is ordered like any other and handed to them, and never stored. It takes no room from what is kept, and
    /// whoever reads the log back does not find it. Default: no.
    /// </summary>
    public bool IsLiveOnly { get; init; }

    /// <summary>The id that the publisher chose, or null: then clients see an id of ours.</summary>
    public SseId? PublisherId { get; }

    /// <summary>What recognises the event if its publisher tries again; null if the publisher gave no key. Not told by a log that reads the event back.</summary>
    public IdempotencyMark? Idempotency { get; }

    /// <summary>The same event with what recognises it if its publisher tries again.</summary>
    public PendingEvent With(IdempotencyMark idempotency) => new(this, idempotency);
}
