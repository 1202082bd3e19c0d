namespace Tidings;

/// <summary>
/// Appends events that were exported from a log, to this or another one: with their topics, content, time and privacy. They get new sequences, and ids of this
/// log unless their publisher chose one.
/// </summary>
/// <remarks>Needs the log for itself: no hub can have it open. What is appended falls under the retention of the options, as any event does.</remarks>
public sealed class SqliteLogImporter : IAsyncDisposable
{
    private readonly SqliteEventLog _log;

    private SqliteLogImporter(SqliteEventLog log) => _log = log;

    /// <summary>Opens the log, and makes it when there is none.</summary>
    /// <exception cref="ArgumentException">An option is out of its range; the message says which.</exception>
    /// <exception cref="EventLogException">The log is in use by another process or cannot be used; the message says what to do.</exception>
    public static SqliteLogImporter Open(SqliteLogOptions options, TimeProvider timeProvider) => new(SqliteEventLog.Open(options, timeProvider));

    /// <summary>Says why the event cannot be imported, or null if it can: publishers cannot use some types and ids either.</summary>
    public static string? Complaint(StoredEvent stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        return stored.Topics.Count == 0 ? "An event needs at least one topic."
            : stored.Topics.Any(topic => topic.Value.Length == 0) ? "A topic is the default value of its struct. Make one with Of."
            : ReservedNames.Complaint(stored.Content);
    }

    /// <summary>Appends the events, all or none, in the order given; their sequences are not looked at.</summary>
    /// <exception cref="ArgumentException">One of them cannot be imported; none was.</exception>
    /// <exception cref="EventLogException">The outcome is unknown: all are stored, or none is.</exception>
    /// <exception cref="EventLogFullException">There is no space; none was stored.</exception>
    public async Task AppendAsync(IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(events);
        if (events.Count == 0)
        {
            return;
        }

        var pending = new PendingEvent[events.Count];
        for (int i = 0; i < pending.Length; i++)
        {
            StoredEvent stored = events[i];
            pending[i] = Complaint(stored) is { } complaint
                ? throw new ArgumentException(complaint, nameof(events))
                : new PendingEvent(
                    stored.Topics.ToArray(), SseFrame.EncodeBody(stored.Content), EventIdCodec.NewTag(), stored.PublishedAt, stored.IsPrivate, stored.Content.Id);
        }

        await _log.AppendAsync(pending, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _log.DisposeAsync();
}
