using Microsoft.Extensions.Logging;

namespace Tidings;

/// <summary>What the active subscriptions write to the log of the app. Numbers are never reused.</summary>
internal static partial class SubscriptionsLog
{
    [LoggerMessage(141, LogLevel.Warning, "{Count} changes of subscriptions could not be told; they are tried again.")]
    public static partial void Refused(ILogger logger, int count);

    [LoggerMessage(142, LogLevel.Error, "Changes of subscriptions are not told any more.")]
    public static partial void Failed(ILogger logger, Exception failure);
}
