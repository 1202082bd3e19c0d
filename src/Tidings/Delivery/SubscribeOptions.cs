namespace Tidings;

/// <summary>What one subscriber asks for.</summary>
public sealed class SubscribeOptions
{
    /// <summary>Asks for the events that any of <paramref name="matchers"/> selects.</summary>
    public SubscribeOptions(params IEnumerable<TopicMatcher> matchers)
    {
        ArgumentNullException.ThrowIfNull(matchers);
        Matchers = [.. matchers];
        if (Matchers.Count == 0)
        {
            throw new ArgumentException("A subscriber needs at least one matcher.", nameof(matchers));
        }
    }

    /// <summary>What selects the events; at least one.</summary>
    public IReadOnlyList<TopicMatcher> Matchers { get; }

    /// <summary>Where to begin. Default: with the next event.</summary>
    public StartAt StartAt { get; init; } = StartAt.Latest;

    /// <summary>Which events the subscriber may see. Default: public ones only.</summary>
    public EventVisibility Visibility { get; init; } = EventVisibility.PublicOnly;

    /// <summary>Whether a gap is told as a <c>tidings-gap</c> event in the stream. Default: yes. <see cref="Subscriber.StartGap"/> tells it in any case.</summary>
    public GapTelling GapTelling { get; init; } = GapTelling.InStream;

    /// <summary>What follows after a gap. Default: live events.</summary>
    public AfterGap AfterGap { get; init; } = AfterGap.Live;

    /// <summary>What the subscriber receives when it has fallen behind. Default: everything that it has missed.</summary>
    public SlowReaders SlowReaders { get; init; } = SlowReaders.Resume;

    /// <summary>Where what is read of the past for this subscriber is noted; null if nobody counts.</summary>
    internal ReplayAccount? Replays { get; init; }
}

/// <summary>How a gap is told.</summary>
public enum GapTelling
{
    /// <summary>As the first event after the place where events are missing.</summary>
    InStream,

    /// <summary>Only outside the stream, by <see cref="Subscriber.StartGap"/>: for clients that hand every event to one listener whatever its type.</summary>
    OutsideStream,
}

/// <summary>What a subscriber receives after a gap.</summary>
public enum AfterGap
{
    /// <summary>Events published from then on: the application fetches its state anew, and older events would only repeat it.</summary>
    Live,

    /// <summary>What the log still has, then live events.</summary>
    ReplayRetained,
}
