using Microsoft.Extensions.Logging;

namespace Tidings;

/// <summary>What event streams write to the log of the app. Numbers are never reused.</summary>
internal static partial class EventStreamLog
{
    [LoggerMessage(101, LogLevel.Information, "Stopping: {Count} event streams end within {Window}.")]
    public static partial void Draining(ILogger logger, int count, TimeSpan window);

    [LoggerMessage(102, LogLevel.Warning, "{Count} event streams did not end in time and were cut; their clients come back with their cursors.")]
    public static partial void Cut(ILogger logger, int count);

    [LoggerMessage(103, LogLevel.Information, "A client has not read for {Timeout} and was cut; it can come back with its cursor.")]
    public static partial void TooSlow(ILogger logger, TimeSpan timeout);

    [LoggerMessage(104, LogLevel.Error, "The events of a stream ended with an error; the client will come back after its reconnection time.")]
    public static partial void SourceFailed(ILogger logger, Exception failure);

    [LoggerMessage(105, LogLevel.Error, "Publishes that wait could not all be delivered while stopping.")]
    public static partial void DrainFailed(ILogger logger, Exception failure);

    [LoggerMessage(106, LogLevel.Debug, "A client left its event stream.")]
    public static partial void Left(ILogger logger);

    [LoggerMessage(107, LogLevel.Warning, "The log could not be read for a client, which comes back with its cursor.")]
    public static partial void LogUnreadable(ILogger logger, Exception failure);
}
