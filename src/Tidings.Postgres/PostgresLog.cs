using Microsoft.Extensions.Logging;

namespace Tidings;

/// <summary>What the log in PostgreSQL writes to the log of the app. Numbers are never reused; payloads and topics are never written.</summary>
internal static partial class PostgresLog
{
    [LoggerMessage(201, LogLevel.Information, "Log {Schema} in {Server}: {Events} events, durability {Durability}.")]
    public static partial void Opened(ILogger logger, string schema, string server, long events, Durability durability);

    [LoggerMessage(202, LogLevel.Information, "The tables of the log {Schema} were brought from version {From} to {To}.")]
    public static partial void Migrated(ILogger logger, string schema, int from, int to);

    [LoggerMessage(204, LogLevel.Error, "The log lost events that this node had shown, up to sequence {Shown}: it ended at {Last}. Every subscriber is told a gap.")]
    public static partial void Forked(ILogger logger, long shown, long last);

    [LoggerMessage(205, LogLevel.Error, "Events after sequence {After} and before {Next} are missing in the log; readers are told so.")]
    public static partial void Missing(ILogger logger, long after, long next);

    [LoggerMessage(206, LogLevel.Error, "Event {Sequence} in the log is not of the form that was written; readers are told that it is missing.")]
    public static partial void Damaged(ILogger logger, long sequence);

    [LoggerMessage(208, LogLevel.Error, "The log lost events that another node had shown. Every subscriber is told a gap.")]
    public static partial void ForkedElsewhere(ILogger logger);
}
