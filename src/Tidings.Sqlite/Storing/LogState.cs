namespace Tidings;

/// <summary>Where the log begins and ends and how much it holds: the row <c>meta</c> and the table <c>rule</c>. Immutable; a new one is made by each transaction.</summary>
internal sealed record LogState
{
    public required uint Epoch { get; init; }

    /// <summary>The newest sequence ever given.</summary>
    public required long Last { get; init; }

    /// <summary>Nothing at or above it was taken by the retention of all events.</summary>
    public required long Floor { get; init; }

    /// <summary>How many events are stored.</summary>
    public required long Events { get; init; }

    /// <summary>How many bytes of bodies are stored.</summary>
    public required long Bytes { get; init; }

    public required Rules Rules { get; init; }

    public LogPosition Position => new(Epoch, Floor, Last) { TopicFloors = Rules.Floors };
}
