using Microsoft.Extensions.Logging;

namespace Tidings;

/// <summary>What a broker writes to the log of the app. Numbers are never reused; payloads and topics are never written.</summary>
internal static partial class BrokerLog
{
    [LoggerMessage(1, LogLevel.Information, "Broker started: epoch {Epoch}, oldest sequence {Floor}, newest {Last}.")]
    public static partial void Started(ILogger logger, uint epoch, long floor, long last);

    [LoggerMessage(2, LogLevel.Information, "Broker drained: everything up to sequence {Last} was offered to every subscriber.")]
    public static partial void Drained(ILogger logger, long last);

    [LoggerMessage(3, LogLevel.Error, "The log failed to store {Count} events; their publishers were told that the outcome is unknown. {Reason}")]
    public static partial void AppendFailed(ILogger logger, Exception? failure, int count, string reason);

    [LoggerMessage(5, LogLevel.Critical, "The broker's {Loop} failed and cannot go on: publishing is refused and streams are closed. Restart the process and report the error.")]
    public static partial void LoopFailed(ILogger logger, Exception failure, string loop);

    [LoggerMessage(6, LogLevel.Error, "There is no space for the log, so publishing is refused. Delivery goes on, and publishing works again by itself when there is space.")]
    public static partial void LogFull(ILogger logger, Exception full);

    [LoggerMessage(7, LogLevel.Information, "There is space for the log again: publishing goes on.")]
    public static partial void LogHasSpace(ILogger logger);
}
