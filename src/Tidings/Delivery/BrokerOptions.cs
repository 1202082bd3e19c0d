namespace Tidings;

/// <summary>The bounds of a <see cref="Broker"/>. Everything that can grow has one here.</summary>
public sealed class BrokerOptions
{
    /// <summary>How many publishes may wait for the log; one more is refused as busy. Default 10,000; at least 1.</summary>
    public int PublishQueueEvents { get; set; } = 10_000;

    /// <summary>How many bytes of publishes may wait for the log; past it, publishing is refused as busy. Default 64 MiB; at least 1.</summary>
    public long PublishQueueBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>How many events are stored in one step of the log (group commit). Default 512; at least 1.</summary>
    public int BatchEvents { get; set; } = 512;

    /// <summary>How many bytes are stored in one step of the log; one event is stored however large it is. Default 4 MiB; at least 1.</summary>
    public int BatchBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>How many of the newest frames are kept in memory for all subscribers together. Default 8,192; at least 1; rounded up to a power of two.</summary>
    public int RingEvents { get; set; } = 8192;

    /// <summary>How many bytes of the newest frames are kept in memory for all subscribers together. Default 64 MiB; at least 1.</summary>
    public long RingBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// How many events may wait for one subscriber, 8 bytes each. One that falls further behind reads on from the log at its own pace; nothing is dropped.
    /// Default 512; at least 1.
    /// </summary>
    public int PendingCapacity { get; set; } = 512;

    /// <summary>
    /// How many topics are remembered for a subscriber that is behind and receives only the newest event of each (<see cref="SlowReaders.KeepLatest"/>). Where there are
    /// more, a topic may be received more than once. Default 1,024; at least 1.
    /// </summary>
    public int LatestTopics { get; set; } = 1024;

    /// <summary>
    /// How many distinct patterns (URL patterns and URI templates) the subscribers may use together; a stream that would need more is refused with
    /// <see cref="SubscribeException"/>. Exact topics do not count. Default 50,000; at least 1.
    /// </summary>
    public int MaxPatterns { get; set; } = 50_000;

    /// <summary>Says which option is out of its range, or null if none is.</summary>
    internal string? Complaint() =>
        Check(PublishQueueEvents, nameof(PublishQueueEvents))
        ?? Check(PublishQueueBytes, nameof(PublishQueueBytes))
        ?? Check(BatchEvents, nameof(BatchEvents))
        ?? Check(BatchBytes, nameof(BatchBytes))
        ?? Check(RingEvents, nameof(RingEvents), max: 1 << 24)
        ?? Check(RingBytes, nameof(RingBytes))
        ?? Check(PendingCapacity, nameof(PendingCapacity), max: 1 << 20)
        ?? Check(LatestTopics, nameof(LatestTopics), max: 1 << 20)
        ?? Check(MaxPatterns, nameof(MaxPatterns));

    private static string? Check(long value, string name, long max = long.MaxValue) =>
        value < 1 ? $"{name} is {value}; it must be at least 1."
        : value > max ? $"{name} is {value}; it must be at most {max}."
        : null;
}
