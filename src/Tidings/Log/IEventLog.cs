namespace Tidings;

/// <summary>
/// The ordered, durable store of events. The log alone orders events: it gives every event its sequence, and what is delivered is what
/// the log hands back, never what a publisher handed in. Every implementation passes the suite in <c>tests/Tidings.LogContract</c>.
/// </summary>
/// <remarks>
/// <para>Sequences start at 1 and are dense: each appended event has the sequence after the one before it, also after a restart and after
/// everything was pruned.</para>
/// <para>All members may be called from several threads, but <see cref="AppendAsync"/> is called by one writer at a time.</para>
/// </remarks>
public interface IEventLog : IAsyncDisposable
{
    /// <summary>The 16 bytes that event ids are sealed with: the same for every reader of this log, and for as long as it lives.</summary>
    ReadOnlyMemory<byte> IdKey { get; }

    /// <summary>What an acknowledged event survives: the level that is really reached, not the one that was asked for.</summary>
    Durability Durability { get; }

    /// <summary>Tells where the log begins and ends, as one consistent snapshot.</summary>
    ValueTask<LogPosition> GetPositionAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Stores the events, all or none, in the order given and without a hole between their sequences, and tells what became of each. An event whose
    /// idempotency key is known is not stored again; the others are all the same. One that is <see cref="PendingEvent.IsLiveOnly"/> takes its place in the order and is
    /// handed to followers, also to one that begins to follow a moment later, and is not kept. When the task completes the events are stored at the log's durability,
    /// and only then can a reader see them.
    /// </summary>
    /// <exception cref="EventLogException">
    /// Nothing can be said about the outcome: the events may be stored or not. The log has gone back to what it can prove, or has given up
    /// (<see cref="EventLogException.IsFinal"/>).
    /// </exception>
    /// <exception cref="EventLogFullException">There is no space. Nothing was stored.</exception>
    ValueTask<IReadOnlyList<AppendResult>> AppendAsync(IReadOnlyList<PendingEvent> events, CancellationToken cancellationToken);

    /// <summary>
    /// Reads the events after <paramref name="after"/>, in order, as far as <paramref name="limit"/> allows; at least one if there is one.
    /// The page tells the floor of the same snapshot, so that a reader that was passed by retention notices it.
    /// </summary>
    ValueTask<LogPage> ReadAsync(long after, PageLimit limit, CancellationToken cancellationToken);

    /// <summary>Finds the retained event that a publisher gave <paramref name="id"/>; the earliest, if the id was used more than once. Null if there is none.</summary>
    ValueTask<long?> FindAsync(SseId id, CancellationToken cancellationToken);

    /// <summary>
    /// Follows the log: yields every event after <paramref name="after"/> in order, and then each new one as it is stored, until cancelled.
    /// Pages follow each other without a hole unless retention passed this reader, which the page's floor tells. A page without events is one, too: a log that was out of reach
    /// tells by it that it is followed again.
    /// </summary>
    IAsyncEnumerable<LogPage> TailAsync(long after, CancellationToken cancellationToken);
}
