using System.Net;

namespace Tidings.Client;

/// <summary>How an <see cref="EventSource"/> behaves beyond the standard. Every default is the standard's behaviour, or neutral.</summary>
/// <remarks>Read once, by the constructor of <see cref="EventSource"/>. What it refers to (client, handler, cookies, store) stays the caller's.</remarks>
public sealed class EventSourceOptions
{
    /// <summary>The last event ID to begin with, as kept from an earlier stream. Default empty: none is sent. Cannot hold CR, LF or NUL.</summary>
    /// <exception cref="ArgumentException">The value holds CR, LF or NUL.</exception>
    public string LastEventId
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            if (value.AsSpan().ContainsAny('\r', '\n', '\0'))
            {
                throw new ArgumentException("A last event ID cannot hold CR, LF or NUL: no stream can set such an id.", nameof(value));
            }

            field = value;
        }
    } = "";

    /// <summary>
    /// The choice that <c>withCredentials</c> makes in a browser: with a container, its cookies are sent and the server's are kept in it;
    /// with null (default) none are. After a redirect to another origin none are sent or kept for the rest of the attempt.
    /// </summary>
    public CookieContainer? Cookies { get; init; }

    /// <summary>Headers of every attempt, such as <c>Authorization</c>. None of them is sent on after a redirect to another origin. Default none.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Called before every attempt, to add headers or a fresh token; and once more when the server refuses with 401 or 403
    /// (<see cref="ConnectionAttempt.Refusal"/>), whereupon the request is repeated at once. If it throws <see cref="HttpRequestException"/>,
    /// <see cref="IOException"/>, <see cref="TimeoutException"/> or <see cref="System.Net.Sockets.SocketException"/> the attempt has failed and is repeated later; any other exception ends the reading.
    /// </summary>
    public Func<ConnectionAttempt, CancellationToken, ValueTask>? OnConnecting { get; init; }

    /// <summary>The request's method. Default GET.</summary>
    public HttpMethod Method { get; init; } = HttpMethod.Get;

    /// <summary>Makes the request's body; called for every request, since a body can be sent only once. Default none.</summary>
    public Func<HttpContent>? Body { get; init; }

    /// <summary>
    /// The client to send with; not disposed. It should not follow redirects by itself, nor decompress, and its own repetitions are its own affair:
    /// <see cref="EventSource.CreateHandler"/> makes a handler with all of that set. Default: a client of the source's own.
    /// </summary>
    public HttpClient? HttpClient { get; init; }

    /// <summary>The handler to send with, under the same conditions; not disposed. Not together with <see cref="HttpClient"/>.</summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>The reconnection time until the server sends a <c>retry</c>. Default 3 s; zero or more. Waits are never under 100 ms nor above 10 min.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public TimeSpan ReconnectionTime
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            field = value;
        }
    } = TimeSpan.FromSeconds(3);

    /// <summary>Spreads reconnections of many clients. Default null: the reconnection time alone.</summary>
    public ReconnectionBackoff? Backoff { get; init; }

    /// <summary>Whether 5xx and 429 count as a lost connection, tried again no earlier than their <c>Retry-After</c> says. Default no: the standard gives up for good.</summary>
    public bool RetryOnServerError { get; init; }

    /// <summary>How long one attempt may take until the response's headers are there, redirects included. Default null: no limit of ours. More than zero, at most 24 days.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan? ResponseTimeout { get; init => field = InRange(value); }

    /// <summary>
    /// How long an open stream may stay without a single byte (a comment counts) while the reader waits for one; then it counts as lost.
    /// Default null: no limit. More than zero, at most 24 days. Twice the server's heartbeat is a good value.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan? IdleTimeout { get; init => field = InRange(value); }

    /// <summary>
    /// Whether a Tidings hub is asked, by <c>cursor=heartbeat</c> in the query of the URL, to tell from time to time where in its log the stream is. The last event ID then moves
    /// without an event, as the standard has it, so that a connection that is cut before the first event, or in a long silence, loses nothing. Another server will ignore the
    /// parameter, unless it refuses what it does not know. Default no: the URL is requested as it is.
    /// </summary>
    public bool CursorHeartbeats { get; init; }

    /// <summary>Keeps the last event ID beyond the life of the process. Default null. An id that it holds goes before <see cref="LastEventId"/>.</summary>
    public ICursorStore? CursorStore { get; init; }

    /// <summary>The limits of a stream. <see cref="EventStreamOptions.ReportComments"/> plays no part: subscribe to <see cref="EventSource.CommentReceived"/>.</summary>
    public EventStreamOptions Limits { get; init; } = EventStreamOptions.Default;

    /// <summary>The clock for every wait. Default the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Between 0 and 1; a test decides it.</summary>
    internal Func<double> NextRandom { get; init; } = Random.Shared.NextDouble;

    // Timers hold at most 2^31 - 1 ms.
    private static TimeSpan? InRange(TimeSpan? value)
    {
        if (value is { } time)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero, nameof(value));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(time, TimeSpan.FromDays(24), nameof(value));
        }

        return value;
    }
}
