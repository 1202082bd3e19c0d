namespace Tidings;

/// <summary>Active subscriptions: the hub tells, to whom it is granted, who is subscribed to what (Mercure protocol, section "Active Subscriptions").</summary>
public sealed class SubscriptionsOptions
{
    /// <summary>
    /// Whether the beginning and the end of subscriptions are told by events and listed at <c>{hub}/subscriptions</c>. Default: no. Needs a hub whose path has no parameters.
    /// </summary>
    public bool Enabled { get; set; }

    /// <summary>
    /// For how long changes are gathered before they are told; what begins and ends within that time is not told at all. Default 250 ms; 10 ms to 1 min.
    /// </summary>
    public TimeSpan CoalescingWindow { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How many changes are told per second. Where there are more they wait their turn, and what has been undone meanwhile is not told; the state that is told in the end is right.
    /// Default 1,000; 1 to 1,000,000.
    /// </summary>
    public int MaxChangesPerSecond { get; set; } = 1000;

    /// <summary>How many subscriptions one page of the list holds. Default 100; 1 to 1,000.</summary>
    public int PageSize { get; set; } = 100;

    /// <summary>Whether the subscriptions of those who showed no token are told and listed, too. Default: no.</summary>
    public bool IncludeAnonymous { get; set; }
}
