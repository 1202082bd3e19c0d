namespace Tidings;

/// <summary>The settings of the log on disk; bound from the configuration section <c>Tidings:SqliteLog</c> by <c>AddSqliteLog</c>.</summary>
public sealed class SqliteLogOptions
{
    /// <summary>The configuration section that the options are bound from.</summary>
    public const string SectionName = "Tidings:SqliteLog";

    /// <summary>
    /// The directory of the log, for its use alone; made, readable by its owner only, when it is missing. Default <c>tidings-data</c> in the current directory.
    /// </summary>
    public string Directory { get; set; } = "tidings-data";

    /// <summary>When an event counts as stored. Default <see cref="Durability.Disk"/>.</summary>
    public Durability Durability { get; set; } = Durability.Disk;

    /// <summary>What is kept of all events together. Default: 1 GiB of event bodies, whatever their age and number.</summary>
    public Retention Retention { get; set; } = new() { MaxBytes = 1L << 30 };

    /// <summary>
    /// What is kept of some topics, less than <see cref="Retention"/> keeps of all. The first entry that selects an event's topics holds for it; an event
    /// whose topics fall under different entries is kept as all events are. At most 1,000 entries.
    /// </summary>
    public IList<TopicRetention> TopicRetention { get; } = [];

    /// <summary>For how long a publish that is tried again with its idempotency key is recognised. Default 24 h; 0 to 365 days.</summary>
    public TimeSpan IdempotencyWindow { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How many idempotency keys are kept; the oldest go first. Default 1,000,000; at least 0.</summary>
    public long MaxIdempotencyKeys { get; set; } = 1_000_000;

    /// <summary>How many readers may read pages at the same time; others wait for their turn. Default 4; 1 to 64.</summary>
    public int MaxReaders { get; set; } = 4;

    /// <summary>Says what is wrong with the options, or null if nothing is.</summary>
    internal string? Complaint()
    {
        if (string.IsNullOrWhiteSpace(Directory))
        {
            return $"{nameof(Directory)} is empty; name the directory of the log.";
        }

        if (Durability is not (Durability.Disk or Durability.Os or Durability.Memory))
        {
            return $"{nameof(Durability)} is {Durability}; it must be Disk, Os or Memory.";
        }

        if (IdempotencyWindow < TimeSpan.Zero || IdempotencyWindow > TimeSpan.FromDays(365))
        {
            return $"{nameof(IdempotencyWindow)} is {IdempotencyWindow}; it must be from 0 to 365 days.";
        }

        if (MaxIdempotencyKeys < 0)
        {
            return $"{nameof(MaxIdempotencyKeys)} is {MaxIdempotencyKeys}; it must be at least 0.";
        }

        if (MaxReaders is < 1 or > 64)
        {
            return $"{nameof(MaxReaders)} is {MaxReaders}; it must be from 1 to 64.";
        }

        return Retention.Complaint() is { } complaint ? $"{nameof(Retention)}:{complaint}" : TopicComplaint();
    }

    private string? TopicComplaint()
    {
        if (TopicRetention.Count > 1000)
        {
            return $"{nameof(TopicRetention)} has {TopicRetention.Count} entries; it can have at most 1,000.";
        }

        var matchers = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < TopicRetention.Count; i++)
        {
            TopicRetention entry = TopicRetention[i];
            string? complaint = entry.Complaint()
                ?? (matchers.Add(entry.Matcher) ? null : $"{nameof(entry.Matcher)} is \"{entry.Matcher}\", which an entry before it has, too.");
            if (complaint is not null)
            {
                return $"{nameof(TopicRetention)}:{i}:{complaint}";
            }
        }

        return null;
    }
}
