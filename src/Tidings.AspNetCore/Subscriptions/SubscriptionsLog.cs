using Microsoft.Extensions.Logging;

namespace Tidings;

/// <summary>What the active subscriptions write to the log of the app. Numbers are never reused.</summary>
internal static partial class SubscriptionsLog
{
    [LoggerMessage(141, LogLevel.Warning, "{Count} changes of subscriptions could not be told; they are tried again.")]
    public static partial void Refused(ILogger logger, int count);

    [LoggerMessage(142, LogLevel.Error, "Changes of subscriptions are not told any more.")]
    public static partial void Failed(ILogger logger, Exception failure);

    [LoggerMessage(144, LogLevel.Warning, "The lease of this node had run out, or was lost. Its subscriptions are told anew, by node {Node}.")]
    public static partial void Rejoined(ILogger logger, Guid node);

    [LoggerMessage(145, LogLevel.Warning, "Node {Node} tells a subscription that cannot be read; it is left out.")]
    public static partial void Unreadable(ILogger logger, Exception failure, Guid node);

    [LoggerMessage(146, LogLevel.Warning, "The lease of this node could not be given up; its subscriptions stay on the lists of other nodes until it has run out.")]
    public static partial void LeaseLeft(ILogger logger, Exception failure);
}
