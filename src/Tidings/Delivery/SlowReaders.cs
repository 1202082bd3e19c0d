namespace Tidings;

/// <summary>
/// What a subscriber receives that has fallen further behind than <see cref="BrokerOptions.PendingCapacity"/> or the ring. Whatever it is, memory stays bounded and
/// nobody else waits.
/// </summary>
public enum SlowReaders
{
    /// <summary>Everything that it has missed, at its own pace, and then live events. The default.</summary>
    Resume,

    /// <summary>
    /// Of what it has missed, only the newest event of every topic, in the order of the log, and then live events: for streams whose events each replace the one
    /// before, such as prices. A replay after a cursor, or from the earliest event on, is shortened in the same way. That events were left out is not told as a gap.
    /// </summary>
    KeepLatest,

    /// <summary>
    /// What was kept for it, and then the end of the stream (<see cref="CloseReason.TooSlow"/>); the client may come back with its cursor. The replay that a subscriber
    /// begins with does not count as falling behind.
    /// </summary>
    Close,
}
