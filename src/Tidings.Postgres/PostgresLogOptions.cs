namespace Tidings;

/// <summary>The settings of the log in PostgreSQL; bound from the configuration section <c>Tidings:PostgresLog</c> by <c>AddPostgresLog</c>.</summary>
public sealed class PostgresLogOptions
{
    /// <summary>The configuration section that the options are bound from.</summary>
    public const string SectionName = "Tidings:PostgresLog";

    /// <summary>
    /// How the database is reached, in Npgsql's form (<c>Host=db;Database=app;Username=tidings</c>). Several hosts, separated by commas, are one primary and its replicas: the log is always that of the
    /// primary. Needed.
    /// </summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>The schema of the database that holds the log, for its use alone. All nodes that name the same one share one log. Default <c>tidings</c>; 1 to 40 lower-case letters, digits and underscores.</summary>
    public string Schema { get; set; } = "tidings";

    /// <summary>
    /// Whether the tables are made, and brought up to date, when the log is opened. Otherwise that is for <c>tidings log migrate</c>, and a log whose tables are older is refused. Default: yes.
    /// </summary>
    public bool MigrateAtStart { get; set; } = true;

    /// <summary>What is kept. Default: 1 GiB of event bodies, whatever their age and number. Ages are told by the database's clock. All nodes should say the same: the least is what holds.</summary>
    public Retention Retention { get; set; } = new() { MaxBytes = 1L << 30 };

    /// <summary>For how long a publish that is tried again with its idempotency key is recognised. Default 24 h; 0 to 365 days.</summary>
    public TimeSpan IdempotencyWindow { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How many idempotency keys are kept; the oldest go first, within a minute. Default 1,000,000; at least 0.</summary>
    public long MaxIdempotencyKeys { get; set; } = 1_000_000;

    /// <summary>
    /// How long it takes at most until an event of another node is noticed when PostgreSQL's notification of it is lost; usually it takes a moment. Default 1 s; 10 ms to 1 min.
    /// </summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the database may take for one answer, or to accept a connection, before the connection is given up. Whole seconds. Default 5 s; 1 s to 10 min.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// For how long a batch is tried again, never stored twice, when the connection breaks or the database restarts. Its publishers are then told that the outcome is unknown, and others wait meanwhile.
    /// Default 8 s; 0 to 10 min.
    /// </summary>
    public TimeSpan AppendTimeout { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>How many connections may be open at the same time: one follows the log, one appends, the others read for those who are behind. Default 16; 4 to 1,000.</summary>
    public int MaxConnections { get; set; } = 16;

    /// <summary>Whether the log can be in a schema of this name. It is never quoted in statements, and with a suffix still a name that PostgreSQL does not cut.</summary>
    internal static bool IsSchemaName(string name) =>
        name.Length is > 0 and <= 40
        && !char.IsAsciiDigit(name[0])
        && !name.StartsWith("pg_", StringComparison.Ordinal)
        && name.All(static character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '_');

    /// <summary>Says what is wrong with the options, or null if nothing is.</summary>
    internal string? Complaint() =>
        string.IsNullOrWhiteSpace(ConnectionString) ? $"{nameof(ConnectionString)} is empty; say how the database is reached, for example \"Host=localhost;Database=app;Username=tidings\"."
        : !IsSchemaName(Schema) ? $"{nameof(Schema)} is \"{Schema}\"; it must be 1 to 40 lower-case letters, digits and underscores, and not begin with a digit or \"pg_\"."
        : IdempotencyWindow < TimeSpan.Zero || IdempotencyWindow > TimeSpan.FromDays(365) ? $"{nameof(IdempotencyWindow)} is {IdempotencyWindow}; it must be from 0 to 365 days."
        : MaxIdempotencyKeys < 0 ? $"{nameof(MaxIdempotencyKeys)} is {MaxIdempotencyKeys}; it must be at least 0."
        : PollInterval < TimeSpan.FromMilliseconds(10) || PollInterval > TimeSpan.FromMinutes(1) ? $"{nameof(PollInterval)} is {PollInterval}; it must be from 10 ms to 1 min."
        : CommandTimeout < TimeSpan.FromSeconds(1) || CommandTimeout > TimeSpan.FromMinutes(10) ? $"{nameof(CommandTimeout)} is {CommandTimeout}; it must be from 1 s to 10 min."
        : AppendTimeout < TimeSpan.Zero || AppendTimeout > TimeSpan.FromMinutes(10) ? $"{nameof(AppendTimeout)} is {AppendTimeout}; it must be from 0 to 10 min."
        : MaxConnections is < 4 or > 1000 ? $"{nameof(MaxConnections)} is {MaxConnections}; it must be from 4 to 1,000."
        : Retention.Complaint() is { } complaint ? $"{nameof(Retention)}:{complaint}"
        : null;
}
