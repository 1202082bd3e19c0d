namespace Tidings.Client;

/// <summary>
/// Spreads reconnections: to the reconnection time a random part is added, between nothing and a window that starts at the
/// reconnection time and doubles with each attempt in a row. HTML 9.2.3 allows it: "Optionally, wait some more."
/// </summary>
/// <remarks>Immutable; safe for use from several threads.</remarks>
public sealed class ReconnectionBackoff
{
    /// <summary>The largest window. Default 60 s; at least 100 ms, at most 10 min.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan LongestWindow
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, Connecting.ReconnectionDelay.Shortest);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Connecting.ReconnectionDelay.Longest);
            field = value;
        }
    } = TimeSpan.FromSeconds(60);

    /// <summary>How long a connection must have been open for the window to start anew. Default 30 s; zero or more.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public TimeSpan HealthyAfter
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            field = value;
        }
    } = TimeSpan.FromSeconds(30);
}
