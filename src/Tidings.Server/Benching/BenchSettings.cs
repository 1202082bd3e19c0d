namespace Tidings.Server;

/// <summary>What a run does. Each scenario uses what it has options for.</summary>
internal sealed record BenchSettings
{
    public const int UsualPatienceSeconds = 10;

    public int Streams { get; init; } = 1;

    public int Topics { get; init; } = 1;

    public int Publishers { get; init; } = 1;

    /// <summary>Events a second, of all publishers together; null for a closed loop.</summary>
    public int? Rate { get; init; }

    /// <summary>How long the data of an event is.</summary>
    public int PayloadBytes { get; init; } = BenchPayload.MinBytes;

    public TimeSpan Duration { get; init; }

    /// <summary>How many events are published, whatever time it takes; null if <see cref="Duration"/> decides.</summary>
    public int? Events { get; init; }

    /// <summary>How long the same load runs before anything is measured. It is checked from its beginning.</summary>
    public TimeSpan WarmUp { get; init; }

    /// <summary>How long idle streams are held.</summary>
    public TimeSpan Hold { get; init; }

    /// <summary>How many streams may be asked for and not yet answered.</summary>
    public int Concurrency { get; init; } = 128;

    public int Rounds { get; init; } = 1;

    /// <summary>How long nothing may come before it is taken for lost.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(UsualPatienceSeconds);
}
