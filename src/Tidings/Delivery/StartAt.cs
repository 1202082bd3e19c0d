namespace Tidings;

/// <summary>Where in the order of events a subscriber begins.</summary>
public readonly record struct StartAt
{
    private StartAt(StartKind kind, string? lastEventId)
    {
        Kind = kind;
        LastEventId = lastEventId;
    }

    /// <summary>With the first event published after the subscription. The default.</summary>
    public static StartAt Latest => default;

    /// <summary>With the oldest event that the log still has.</summary>
    public static StartAt Earliest => new(StartKind.Earliest, lastEventId: null);

    /// <summary>The id that a subscriber came with, if it did.</summary>
    internal string? LastEventId { get; }

    internal StartKind Kind { get; }

    /// <summary>
    /// After the event that the client saw last: what it sent as <c>Last-Event-ID</c>, in whatever state. Text that is not the id of a retained event
    /// is not an error: it is told as a gap.
    /// </summary>
    public static StartAt After(string lastEventId)
    {
        ArgumentNullException.ThrowIfNull(lastEventId);
        return new StartAt(StartKind.After, lastEventId);
    }
}

internal enum StartKind
{
    Latest,
    Earliest,
    After,
}
