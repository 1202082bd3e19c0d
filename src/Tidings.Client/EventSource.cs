using System.Runtime.CompilerServices;
using System.Text;
using Tidings.Client.Connecting;
using Tidings.Client.Decoding;
using Tidings.Client.Diagnostics;
using Tidings.Client.Receiving;

namespace Tidings.Client;

/// <summary>
/// Receives Server-Sent Events as WHATWG HTML 9.2 says: connects, resumes after the last event seen, and gives up when the server says so.
/// </summary>
/// <remarks>
/// <para>
/// A source is driven by whoever reads it: <see cref="ReadAllAsync(CancellationToken)"/> hands out events, <see cref="RunAsync"/> calls
/// listeners; one of the two at a time. Nothing happens before, and no background task exists: the network is not read faster than the
/// reader reads. Notifications other than messages (<see cref="Opened"/>, <see cref="ErrorOccurred"/> …) are raised either way, on the reader's
/// flow, in the standard's order. What a listener throws ends the reading; the event counts as seen.
/// </para>
/// <para>
/// Safe for use from several threads, except that there is one reader. When a reading ends by its token or by leaving the loop, the connection is
/// dropped; another reading connects again and resumes after the last event taken.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// await using var source = new EventSource("https://example.org/events");
/// await foreach (ServerSentEvent e in source.ReadAllAsync(cancellationToken))
/// {
///     Console.WriteLine($"{e.Type}: {e.Data}");
/// }
/// </code>
/// </example>
public sealed class EventSource : IAsyncDisposable
{
    private readonly EventSourceOptions _options;
    private readonly Connector _connector;
    private readonly CancellationTokenSource _closing = new();
    private readonly Listeners _listeners = new();
    private readonly EventText _text = new(); // Only the reader's flow touches it.
    private readonly Lock _gate = new();
    private ReadyState _readyState; // Guarded by _gate.
    private EventSourceError? _finalError; // Guarded by _gate.
    private int _reading;
    private bool _cursorIsLoaded; // Only the reader's flow touches it.
    private long _reconnectionTicks;
    private long _lastActivityTicks;
    private volatile string _origin = "";

    /// <summary>Makes a source for <paramref name="url"/>. It connects when it is read.</summary>
    /// <exception cref="UriFormatException">The text is not a URL.</exception>
    /// <exception cref="ArgumentException">The URL is not absolute, or neither http nor https; or the options contradict each other.</exception>
    public EventSource(string url, EventSourceOptions? options = null)
        : this(new Uri(url, UriKind.RelativeOrAbsolute), options)
    {
    }

    /// <summary>Makes a source for <paramref name="url"/>. It connects when it is read.</summary>
    /// <exception cref="ArgumentException">The URL is not absolute, or neither http nor https; or the options contradict each other.</exception>
    public EventSource(Uri url, EventSourceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(url);
        if (!url.IsAbsoluteUri || !UrlOrigin.IsHttp(url))
        {
            throw new ArgumentException($"'{url}' is not an absolute http or https URL.", nameof(url));
        }

        _options = options ?? new EventSourceOptions();
        if (_options is { HttpClient: not null, Handler: not null })
        {
            throw new ArgumentException("EventSourceOptions.HttpClient and Handler exclude each other: set one.", nameof(options));
        }

        Url = url;
        ReconnectionTime = _options.ReconnectionTime;
        Cursor.Set(Encoding.UTF8.GetBytes(_options.LastEventId));
        _connector = new Connector(_options.CursorHeartbeats ? AskForCursorHeartbeats(url) : url, _options);
    }

    /// <summary>A stream has opened; <see cref="ReadyState"/> is <see cref="ReadyState.Open"/>.</summary>
    public event EventHandler? Opened;

    /// <summary>An event of type <c>message</c> arrived, the type of events that name none. Raised by <see cref="RunAsync"/> only.</summary>
    public event EventHandler<ServerSentEventArgs>? MessageReceived;

    /// <summary>
    /// A connection was lost or refused, once for each. <see cref="ReadyState"/> tells what follows: <see cref="ReadyState.Connecting"/> another attempt,
    /// <see cref="ReadyState.Closed"/> nothing.
    /// </summary>
    public event EventHandler<EventSourceErrorEventArgs>? ErrorOccurred;

    /// <summary>A comment line arrived: a server's heartbeat. Subscribe before the connection opens.</summary>
    public event EventHandler<CommentEventArgs>? CommentReceived;

    /// <summary>The server told a gap: an event of type <c>tidings-gap</c>, which readers and listeners of that type receive as well.</summary>
    public event EventHandler<GapEventArgs>? GapReported;

    /// <summary>Where the source connects to, as given; a redirect does not change it, and each attempt begins here.</summary>
    public Uri Url { get; }

    /// <summary>Whether cookies are sent and kept: <see cref="EventSourceOptions.Cookies"/> is set.</summary>
    public bool WithCredentials => _options.Cookies is not null;

    /// <summary>The state of the connection. <see cref="ReadyState.Connecting"/> also before and between readings.</summary>
    public ReadyState ReadyState
    {
        get
        {
            lock (_gate)
            {
                return _readyState;
            }
        }
    }

    /// <summary>The last event ID: what a reconnection sends as <c>Last-Event-ID</c>. Empty when there is none.</summary>
    public string LastEventId => Cursor.Value;

    /// <summary>Scheme, host and port of the stream open now or last, after redirects; empty before the first.</summary>
    public string Origin => _origin;

    /// <summary>The reconnection time in effect, as the server or the options set it. Waits are never under 100 ms nor above 10 min, whatever this says.</summary>
    public TimeSpan ReconnectionTime
    {
        get => new(Interlocked.Read(ref _reconnectionTicks));
        internal set => Interlocked.Exchange(ref _reconnectionTicks, value.Ticks);
    }

    /// <summary>When a stream opened or bytes arrived last, comments included; null if never.</summary>
    public DateTimeOffset? LastActivity =>
        Interlocked.Read(ref _lastActivityTicks) is var ticks and not 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    internal Cursor Cursor { get; } = new();

    internal bool IsClosed => _closing.IsCancellationRequested;

    /// <summary>
    /// A new handler as a source makes for itself, to set proxies or certificates on before it goes to <see cref="EventSourceOptions.Handler"/>:
    /// no redirects, cookies or decompression of its own, <c>Last-Event-ID</c> in UTF-8, and each request sent once. HTTP/1.1.
    /// </summary>
    public static SocketsHttpHandler CreateHandler() => OneRequest.CreateHandler();

    /// <summary>Calls <paramref name="listener"/> for events of <paramref name="type"/>, compared exactly, under <see cref="RunAsync"/>. Twice the same is once.</summary>
    public void AddEventListener(string type, Action<ServerSentEvent> listener) => _listeners.Add(type, listener);

    /// <summary>Undoes <see cref="AddEventListener"/>; no matter if there is nothing to undo.</summary>
    public void RemoveEventListener(string type, Action<ServerSentEvent> listener) => _listeners.Remove(type, listener);

    /// <summary>Receives until the source is closed, and calls <see cref="MessageReceived"/> and the listeners of each event's type.</summary>
    /// <exception cref="EventSourceException">The connection failed for good, otherwise than by 204.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    /// <exception cref="InvalidOperationException">The source is being read already.</exception>
    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        await foreach (ServerSentEvent received in ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (received.Type == "message")
            {
                MessageReceived?.Invoke(this, new ServerSentEventArgs(received));
            }

            _listeners.Call(received);
        }
    }

    /// <summary>Receives events of every type, until the source is closed.</summary>
    /// <returns>A sequence that ends after <see cref="Close"/> and after a 204, and that waits for its reader.</returns>
    /// <exception cref="EventSourceException">While reading: the connection failed for good, otherwise than by 204.</exception>
    /// <exception cref="OperationCanceledException">While reading: <paramref name="cancellationToken"/> was cancelled.</exception>
    /// <exception cref="InvalidOperationException">While reading: the source is being read already.</exception>
    public IAsyncEnumerable<ServerSentEvent> ReadAllAsync(CancellationToken cancellationToken = default) =>
        ReadAllAsync(_text.ToEvent, cancellationToken);

    /// <summary>As <see cref="ReadAllAsync(CancellationToken)"/>, with each event turned into a <typeparamref name="T"/> straight from its UTF-8, without strings.</summary>
    /// <inheritdoc cref="ReadAllAsync(CancellationToken)" path="/exception"/>
    public IAsyncEnumerable<T> ReadAllAsync<T>(Utf8EventParser<T> parse, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(parse);
        return ReadCoreAsync(parse, cancellationToken);
    }

    /// <summary>Closes the connection for good (HTML 9.2.2, "close()"): no notification follows, and a reading ends without an exception.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _readyState = ReadyState.Closed;
        }

        _closing.Cancel();
    }

    /// <summary>Closes the source, and the client that it made for itself.</summary>
    public ValueTask DisposeAsync()
    {
        Close();
        _connector.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>HTML 9.2.3, "announce the connection": the state first, then <c>open</c>.</summary>
    internal void Announce(string origin)
    {
        _origin = origin;
        _text.Origin = origin;
        Touch();
        if (TryEnter(ReadyState.Open))
        {
            Opened?.Invoke(this, EventArgs.Empty);
        }
    }

    /// <summary>HTML 9.2.3, "reestablish the connection": unless closed, the state first, then <c>error</c>.</summary>
    internal void Reestablish(EventSourceError error)
    {
        ClientTelemetry.Failed(error);
        if (TryEnter(ReadyState.Connecting))
        {
            ErrorOccurred?.Invoke(this, new EventSourceErrorEventArgs(error));
        }
    }

    /// <summary>HTML 9.2.3, "fail the connection": unless closed, the state first, then <c>error</c>; "it does not attempt to reconnect".</summary>
    internal void Fail(EventSourceError error)
    {
        ClientTelemetry.Failed(error);
        if (TryEnter(ReadyState.Closed, error))
        {
            _closing.Cancel();
            ErrorOccurred?.Invoke(this, new EventSourceErrorEventArgs(error));
        }
    }

    internal void NotifyComment(string text) => CommentReceived?.Invoke(this, new CommentEventArgs(text));

    internal void NotifyGap(string data) => GapReported?.Invoke(this, GapEventArgs.Parse(data));

    internal void Touch() => Interlocked.Exchange(ref _lastActivityTicks, _options.TimeProvider.GetUtcNow().UtcTicks);

    internal EventStreamOptions DecoderOptions() => new()
    {
        MaxLineBytes = _options.Limits.MaxLineBytes,
        MaxEventBytes = _options.Limits.MaxEventBytes,
        MaxIdBytes = _options.Limits.MaxIdBytes,
        ReportComments = CommentReceived is not null, // Nobody pays for comments that nobody sees.
    };

    private static Uri AskForCursorHeartbeats(Uri url)
    {
        const string Parameter = "cursor=heartbeat";
        return new UriBuilder(url) { Query = url.Query.Length > 1 ? $"{url.Query}&{Parameter}" : Parameter }.Uri;
    }

    private async IAsyncEnumerable<T> ReadCoreAsync<T>(Utf8EventParser<T> parse, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        BeginReading();
        try
        {
            using var reception = new Reception(this, _options, _connector, _closing.Token, cancellationToken);
            await LoadCursorAsync(cancellationToken).ConfigureAwait(false);
            while (await reception.ReceiveAsync().ConfigureAwait(false))
            {
                while (reception.TryTake(parse, out T? item))
                {
                    yield return item;
                    await reception.ConfirmAsync().ConfigureAwait(false);
                }

                await reception.ConfirmAsync().ConfigureAwait(false); // A block without data moves the cursor too.
            }
        }
        finally
        {
            EndReading();
        }
    }

    private void BeginReading()
    {
        if (Interlocked.Exchange(ref _reading, 1) != 0)
        {
            throw new InvalidOperationException("The source is being read already: one ReadAllAsync or RunAsync at a time. Make a second EventSource for a second reader.");
        }

        lock (_gate)
        {
            if (_finalError is { Reason: not EventSourceErrorReason.NoContent } error)
            {
                _reading = 0;
                throw new EventSourceException(error);
            }
        }
    }

    private void EndReading()
    {
        TryEnter(ReadyState.Connecting);
        Interlocked.Exchange(ref _reading, 0);
    }

    private async ValueTask LoadCursorAsync(CancellationToken cancellationToken)
    {
        if (!_cursorIsLoaded && _options.CursorStore is { } store)
        {
            string? lastEventId = await store.LoadAsync(cancellationToken).ConfigureAwait(false);
            if (!string.IsNullOrEmpty(lastEventId))
            {
                // The same check as for the option: a damaged store must not forge a header.
                Cursor.Set(Encoding.UTF8.GetBytes(new EventSourceOptions { LastEventId = lastEventId }.LastEventId));
            }
        }

        _cursorIsLoaded = true;
    }

    private bool TryEnter(ReadyState next, EventSourceError? finalError = null)
    {
        lock (_gate)
        {
            if (_readyState == ReadyState.Closed)
            {
                return false;
            }

            _readyState = next;
            _finalError = finalError;
            return true;
        }
    }
}
