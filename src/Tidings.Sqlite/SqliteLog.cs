using Microsoft.Extensions.Logging;

namespace Tidings;

/// <summary>What the log on disk writes to the log of the app. Numbers are never reused; payloads and topics are never written.</summary>
internal static partial class SqliteLog
{
    [LoggerMessage(101, LogLevel.Information, "Log {Path}: {Events} events, durability {Durability}, SQLite {Version}.")]
    public static partial void Opened(ILogger logger, string path, long events, Durability durability, string version);

    [LoggerMessage(102, LogLevel.Warning, "SQLite {Version} has known flaws, none of which the log is exposed to as it uses SQLite; install {Recommended} or later all the same.")]
    public static partial void OldLibrary(ILogger logger, string version, string recommended);

    [LoggerMessage(103, LogLevel.Error, "Event {Sequence} in the log is damaged; readers are told that it is missing. See \"tidings log verify\".")]
    public static partial void Damaged(ILogger logger, long sequence);

    [LoggerMessage(104, LogLevel.Error, "The log failed to store ({Failures} times in a row); it is closed and opened anew.")]
    public static partial void StoreFailed(ILogger logger, Exception failure, int failures);

    [LoggerMessage(105, LogLevel.Information, "The log was opened anew: it ends at sequence {Last}, and {Recovered} events whose outcome was unknown are stored.")]
    public static partial void Reopened(ILogger logger, long last, int recovered);

    [LoggerMessage(106, LogLevel.Critical, "The log stores nothing more in this process: {Reason}")]
    public static partial void GaveUp(ILogger logger, string reason);

    [LoggerMessage(107, LogLevel.Warning, "Tidying up the log failed, and is tried again.")]
    public static partial void MaintenanceFailed(ILogger logger, Exception failure);
}
