namespace Tidings;

/// <summary>The retention of some topics and what it has come to: a row of the table <c>rule</c>.</summary>
/// <param name="Id">Marks the events that it holds for.</param>
/// <param name="Matcher">The topics.</param>
/// <param name="Limits">The bounds; null for a rule that is configured no more, whose events are kept as all are.</param>
internal sealed record Rule(long Id, TopicMatcher Matcher, TopicRetention? Limits)
{
    /// <summary>Events of this rule below this sequence may be gone.</summary>
    public long Floor { get; init; }

    /// <summary>How many of its events are stored.</summary>
    public long Events { get; init; }

    /// <summary>How many bytes of bodies its events have.</summary>
    public long Bytes { get; init; }

    public bool IsPassed(DateTimeOffset oldest, DateTimeOffset now) => Limits is not null && Limits.IsPassed(Events, Bytes, oldest, now);
}

internal static class RetentionExtensions
{
    /// <summary>Says whether the oldest event must go.</summary>
    public static bool IsPassed(this Retention limits, long events, long bytes, DateTimeOffset oldest, DateTimeOffset now) =>
        events > limits.MaxEvents || bytes > limits.MaxBytes || now - oldest > limits.MaxAge;
}
