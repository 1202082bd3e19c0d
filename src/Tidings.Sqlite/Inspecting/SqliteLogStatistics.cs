namespace Tidings;

/// <summary>What is to be said of a log on disk, as one consistent snapshot.</summary>
public sealed record SqliteLogStatistics
{
    /// <summary>The directory of the log.</summary>
    public required string Directory { get; init; }

    /// <summary>Whether a process, such as a hub, has the log open for writing.</summary>
    public required bool IsInUse { get; init; }

    /// <summary>The size of the database file, in bytes. Space that retention has freed is used again, and so is part of it.</summary>
    public required long DatabaseBytes { get; init; }

    /// <summary>The size of the write-ahead log beside it, in bytes.</summary>
    public required long WriteAheadBytes { get; init; }

    /// <summary>The life of the log: changes when it was restored from a backup.</summary>
    public required uint Epoch { get; init; }

    /// <summary>How many events are stored.</summary>
    public required long Events { get; init; }

    /// <summary>How many bytes of event bodies are stored.</summary>
    public required long Bytes { get; init; }

    /// <summary>Retention has taken events below this sequence alone; at least 1.</summary>
    public required long Floor { get; init; }

    /// <summary>The newest sequence ever given; 0 when nothing was ever stored.</summary>
    public required long Last { get; init; }

    /// <summary>The oldest event that is stored; null if none is.</summary>
    public required SqliteLogPlace? Oldest { get; init; }

    /// <summary>The newest event that is stored; null if none is.</summary>
    public required SqliteLogPlace? Newest { get; init; }

    /// <summary>What retention by topic has come to, in the order in which the rules were first configured.</summary>
    public required IReadOnlyList<SqliteLogRule> Rules { get; init; }

    /// <summary>How many idempotency keys are stored.</summary>
    public required long IdempotencyKeys { get; init; }

    /// <summary>The version of the tables.</summary>
    public required int SchemaVersion { get; init; }

    /// <summary>The version of the SQLite library that has read the log.</summary>
    public required string SqliteVersion { get; init; }
}

/// <summary>Where an event stands in a log on disk.</summary>
/// <param name="Sequence">Its place in the order of all events; from 1.</param>
/// <param name="PublishedAt">When the publisher handed it in; UTC.</param>
public sealed record SqliteLogPlace(long Sequence, DateTimeOffset PublishedAt);

/// <summary>What the retention of some topics has come to.</summary>
/// <param name="Matcher">The topics that it is for.</param>
/// <param name="Floor">Retention has taken events of these topics below this sequence alone; 0 if it has taken none.</param>
/// <param name="Events">How many of their events are stored.</param>
/// <param name="Bytes">How many bytes of bodies these have.</param>
public sealed record SqliteLogRule(string Matcher, long Floor, long Events, long Bytes);
