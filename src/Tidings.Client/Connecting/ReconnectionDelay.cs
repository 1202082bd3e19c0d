namespace Tidings.Client.Connecting;

/// <summary>How long to wait before the next attempt. Total: no value of a server or of an option makes it throw.</summary>
internal static class ReconnectionDelay
{
    /// <summary>Under this a server with <c>retry: 0</c> would be hammered; the standard lets a client wait longer.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);

    /// <summary>Above this a wrong <c>retry</c> would silence a client for years.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <param name="reconnectionTime">What the stream or the options ask for.</param>
    /// <param name="retryAfter">What a refusal asked for, at least.</param>
    /// <param name="backoff">Null for none.</param>
    /// <param name="attemptsInARow">Attempts without a healthy connection; 1 after the first loss.</param>
    /// <param name="random">Between 0 and 1.</param>
    public static TimeSpan Next(
        TimeSpan reconnectionTime, TimeSpan? retryAfter, ReconnectionBackoff? backoff, int attemptsInARow, double random)
    {
        TimeSpan delay = Clamp(reconnectionTime);
        if (backoff is not null)
        {
            // Full jitter: the whole window is random, so that clients which were cut together do not come back together.
            int doublings = Math.Clamp(attemptsInARow - 1, 0, 16);
            double window = Math.Min(delay.TotalMilliseconds * (1 << doublings), backoff.LongestWindow.TotalMilliseconds);
            delay += TimeSpan.FromMilliseconds(window * random);
        }

        return Clamp(retryAfter > delay ? retryAfter.Value : delay);
    }

    private static TimeSpan Clamp(TimeSpan time) => time < Shortest ? Shortest : time > Longest ? Longest : time;
}
