namespace Tidings.Client;

/// <summary>What a stream had too much of.</summary>
public enum EventStreamLimit
{
    /// <summary>One line: <see cref="EventStreamOptions.MaxLineBytes"/>.</summary>
    Line,

    /// <summary>The data of one event: <see cref="EventStreamOptions.MaxEventBytes"/>.</summary>
    Event,

    /// <summary>An id: <see cref="EventStreamOptions.MaxIdBytes"/>.</summary>
    Id,
}

/// <summary>A stream went beyond a limit of <see cref="EventStreamOptions"/>. Nothing more can be read from it.</summary>
public sealed class EventStreamLimitException : Exception
{
    internal EventStreamLimitException(EventStreamLimit limit, int maxBytes)
        : base($"The event stream holds {Describe(limit)} of more than {maxBytes} bytes. Raise EventStreamOptions.Max{limit}Bytes if that is expected.")
    {
        Limit = limit;
        MaxBytes = maxBytes;
    }

    /// <summary>Which limit it was.</summary>
    public EventStreamLimit Limit { get; }

    /// <summary>The limit's value, in bytes.</summary>
    public int MaxBytes { get; }

    private static string Describe(EventStreamLimit limit) => limit switch
    {
        EventStreamLimit.Line => "a line",
        EventStreamLimit.Event => "an event with data",
        _ => "an id",
    };
}
