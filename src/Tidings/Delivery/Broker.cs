using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Tidings;

/// <summary>
/// The engine: publishers hand events in, the log orders and keeps them, subscribers read them. Every subscriber sees the events that match in one order,
/// each once, as long as its cursor is within the log's retention; what cannot be proved is told as a <see cref="Gap"/>.
/// </summary>
/// <remarks>Safe for use from several threads. It does not own its log: dispose that afterwards.</remarks>
public sealed class Broker : IAsyncDisposable
{
    private readonly BrokerContext _context;
    private readonly LogWriter _writer;
    private readonly BrokerLoops _loops;
    private readonly ServedThrough _served = new();
    private readonly TimeProvider _timeProvider;

    /// <summary>Makes a broker over <paramref name="log"/>. It starts with the first publish or subscription, or with <see cref="StartAsync"/>.</summary>
    /// <exception cref="ArgumentException">An option is out of its range; the message says which.</exception>
    public Broker(
        BrokerOptions options,
        IEventLog log,
        TimeProvider timeProvider,
        ILogger<Broker>? logger = null,
        IMeterFactory? meterFactory = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(timeProvider);
        if (options.Complaint() is { } complaint)
        {
            throw new ArgumentException(complaint, nameof(options));
        }

        _timeProvider = timeProvider;
        logger ??= NullLogger<Broker>.Instance;
        var ring = new FrameRing(options.RingEvents, options.RingBytes);
        var ids = new EventIdCodec(log.IdKey.Span);
        var metrics = new BrokerMetrics(meterFactory);
        _context = new BrokerContext
        {
            Options = options,
            Log = log,
            Ring = ring,
            Ids = ids,
            Cursors = new CursorResolver(log, ring, ids),
            Dispatcher = new Dispatcher(ring, metrics),
            Patterns = new PatternBudget(options.MaxPatterns),
            Metrics = metrics,
        };
        metrics.Observe(log);
        _writer = new LogWriter(options, log, ids, _context.Dispatcher, logger);
        var tail = new LogTail(log, _context.Dispatcher, _served, ids, timeProvider, logger);
        _loops = new BrokerLoops(log, _writer, tail, _context.Dispatcher, logger);
    }

    /// <summary>The newest sequence that was offered to everybody whom it concerns: a moment behind what was acknowledged.</summary>
    internal long Dispatched => _context.Dispatcher.Dispatched;

    /// <summary>Of what was live-only up to here, nothing is known: the log's end when this broker started, or when it was last told so by <see cref="LoseLiveOnlyAsync"/>.</summary>
    internal long LiveOnlyUnknownThrough => _context.Dispatcher.LiveOnlyUnknownThrough;

    /// <summary>The topics under which events are published that are not stored. Whoever publishes some adds them first.</summary>
    internal LiveOnlyTopics LiveOnly => _context.LiveOnly;

    /// <summary>
    /// Completes, with the reason, when the log has given up and nothing can be stored any more. Delivery of what is stored goes on; a process that exists to
    /// publish should end and be started anew. Never fails, and does not complete otherwise.
    /// </summary>
    public Task<Exception> LogFailed => _writer.Failed;

    /// <summary>Reads the log's position and begins to deliver. Calling it again does nothing.</summary>
    public Task StartAsync(CancellationToken cancellationToken = default) => _loops.StartAsync(cancellationToken);

    /// <summary>Publishes an event under one topic and returns its id when it is stored at the log's durability.</summary>
    /// <param name="topic">What the event is about.</param>
    /// <param name="serverEvent">The event. Its id, if it has one, is the publisher's own: unique, not beginning with <c>#</c>, not <c>earliest</c>.</param>
    /// <param name="cancellationToken">Ends the wait, not the publishing: the event may be stored all the same.</param>
    /// <exception cref="PublishException">The event was not acknowledged.</exception>
    /// <exception cref="ArgumentException">The event's type or id is reserved.</exception>
    public ValueTask<SseId> PublishAsync(Topic topic, ServerEvent serverEvent, CancellationToken cancellationToken = default) =>
        PublishAsync([topic], serverEvent, EventAudience.Everybody, idempotencyKey: null, cancellationToken);

    /// <summary>Publishes an event under several topics: one event, which a subscriber receives once if any of them matches.</summary>
    /// <param name="topics">The topics, the canonical one first; at least one.</param>
    /// <param name="serverEvent">The event. Its id, if it has one, is the publisher's own: unique, not beginning with <c>#</c>, not <c>earliest</c>.</param>
    /// <param name="audience">Who may see it.</param>
    /// <param name="idempotencyKey">Makes it safe to try again: see <see cref="IdempotencyKey"/>. Default: each call is an event of its own.</param>
    /// <param name="cancellationToken">Ends the wait, not the publishing: the event may be stored all the same.</param>
    /// <exception cref="PublishException">The event was not acknowledged.</exception>
    /// <exception cref="ArgumentException">The event's type or id is reserved, or there is no topic.</exception>
    public ValueTask<SseId> PublishAsync(
        IReadOnlyList<Topic> topics,
        ServerEvent serverEvent,
        EventAudience audience,
        IdempotencyKey? idempotencyKey = null,
        CancellationToken cancellationToken = default) =>
        new(PublishAsync(topics, serverEvent, audience, idempotencyKey, Timeout.InfiniteTimeSpan, cancellationToken));

    /// <summary>As the public method, but waits no longer than <paramref name="timeout"/> for the log to answer.</summary>
    /// <exception cref="TimeoutException">The log has not answered; the event may be stored all the same.</exception>
    internal async Task<SseId> PublishAsync(
        IReadOnlyList<Topic> topics,
        ServerEvent serverEvent,
        EventAudience audience,
        IdempotencyKey? idempotencyKey,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(topics);
        ArgumentNullException.ThrowIfNull(serverEvent);
        foreach (Topic topic in topics)
        {
            if (topic.Value.Length == 0)
            {
                throw new ArgumentException("A topic is the default value of its struct. Make one with Topic.Of.", nameof(topics));
            }
        }

        if (ReservedNames.Complaint(serverEvent) is { } complaint)
        {
            throw new ArgumentException(complaint, nameof(serverEvent));
        }

        using Activity? activity = BrokerActivity.StartPublish();
        var pending = new PendingEvent(
            [.. topics],
            SseFrame.EncodeBody(serverEvent),
            EventIdCodec.NewTag(),
            _timeProvider.GetUtcNow(),
            audience == EventAudience.Granted,
            serverEvent.Id);
        if (idempotencyKey is { } key)
        {
            pending = pending.With(key.MarkOf(pending));
        }

        await StartAsync(CancellationToken.None).ConfigureAwait(false);
        SseId id = await _writer.EnqueueAsync(pending).WaitAsync(timeout, _timeProvider, cancellationToken).ConfigureAwait(false);
        _context.Metrics.Published();
        if (serverEvent.Id is null)
        {
            // An id of the publisher's own is text that may be as private as the event.
            activity?.SetTag("messaging.message.id", id.Value);
        }

        return id;
    }

    /// <summary>
    /// Waits until everything that was acknowledged up to now has been handed to the subscribers that keep up, but no longer than <paramref name="atMost"/>: the log's tail may be away. A publisher
    /// that waits for it is never faster than its readers.
    /// </summary>
    internal async ValueTask WaitForSubscribersAsync(TimeSpan atMost)
    {
        long acknowledged = _writer.AcknowledgedThrough;
        long began = _timeProvider.GetTimestamp();
        while (!_served.Reaches(acknowledged, out Task next) && _timeProvider.GetElapsedTime(began) is var waited && waited < atMost)
        {
            await next.WaitAsync(atMost - waited, _timeProvider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// The id of the newest event that is stored, or of the place where the log begins if there is none. Whoever asks for it, then reads a state, and hands both to a client, whose stream begins
    /// after this id, knows that no change is missed in between; some may be told twice.
    /// </summary>
    /// <exception cref="EventLogException">The log cannot be read.</exception>
    public async ValueTask<SseId> GetLastEventIdAsync(CancellationToken cancellationToken = default)
    {
        long end = await GetEndAsync(cancellationToken).ConfigureAwait(false);
        return await IdOfAsync(end, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Publishes an event of the hub's own: private, never stored, and free to use the reserved types. Completes when it has its place in the order. Its topic belongs to
    /// <see cref="LiveOnly"/>.
    /// </summary>
    /// <exception cref="PublishException">The event was not acknowledged.</exception>
    internal async Task<SseId> PublishLiveOnlyAsync(Topic topic, ServerEvent serverEvent)
    {
        await StartAsync(CancellationToken.None).ConfigureAwait(false);
        return await EnqueueLiveOnly(topic, serverEvent).ConfigureAwait(false);
    }

    /// <summary>As <see cref="PublishLiveOnlyAsync"/>, for a broker that has started: calls one after the other keep their order without being awaited.</summary>
    internal Task<SseId> EnqueueLiveOnly(Topic topic, ServerEvent serverEvent) => _writer.EnqueueAsync(
        new PendingEvent([topic], SseFrame.EncodeBody(serverEvent), EventIdCodec.NewTag(), _timeProvider.GetUtcNow(), isPrivate: true) { IsLiveOnly = true });

    /// <summary>
    /// Notes that of what was live-only up to now some may have been told to nobody. Streams that see such events are told a gap, and so is whoever comes with a cursor from before.
    /// </summary>
    /// <exception cref="EventLogException">The log cannot be read. Nobody was told.</exception>
    internal async Task LoseLiveOnlyAsync(CancellationToken cancellationToken)
    {
        long end = await GetEndAsync(cancellationToken).ConfigureAwait(false);
        await _context.Dispatcher.LoseLiveOnlyAsync(end).ConfigureAwait(false);
    }

    /// <summary>The place up to which everything is stored: whatever is published from now on comes after it.</summary>
    internal async ValueTask<long> GetEndAsync(CancellationToken cancellationToken)
    {
        await StartAsync(CancellationToken.None).ConfigureAwait(false);
        return (await _context.Log.GetPositionAsync(cancellationToken).ConfigureAwait(false)).Last;
    }

    /// <summary>The id with which a client comes back to <paramref name="place"/>.</summary>
    internal ValueTask<SseId> IdOfAsync(long place, CancellationToken cancellationToken) => _context.Cursors.IdOfAsync(place, cancellationToken);

    /// <summary>
    /// Opens a stream. When the task completes the subscriber is registered: every event acknowledged from then on that matches will be in it.
    /// </summary>
    /// <exception cref="SubscribeException">There would be more distinct patterns in use than <see cref="BrokerOptions.MaxPatterns"/>.</exception>
    public async ValueTask<Subscriber> SubscribeAsync(SubscribeOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        await StartAsync(CancellationToken.None).ConfigureAwait(false);
        var matchers = new MatcherSet(options.Matchers);
        long forks = _context.Dispatcher.Forks;
        Start start = await _context.Cursors.ResolveAsync(options.StartAt, matchers, options.Visibility, cancellationToken).ConfigureAwait(false);
        if (!_context.Patterns.TryTake(matchers.Patterns))
        {
            throw new SubscribeException(SubscribeFailure.TooManyPatterns);
        }

        var subscriber = new Subscriber(options, matchers, _context);
        try
        {
            // Register before reading the log: what is published meanwhile waits in the pending list, so nothing falls between replay and live.
            await _context.Dispatcher.RegisterAsync(subscriber).ConfigureAwait(false);
            if (_context.Dispatcher.Forks != forks)
            {
                // Told to all who were registered then. This cursor may have been held against what was lost by it.
                start = await _context.Cursors.ResolveAsync(options.StartAt, matchers, options.Visibility, cancellationToken).ConfigureAwait(false);
            }

            await subscriber.BeginAsync(start, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await subscriber.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return subscriber;
    }

    /// <summary>
    /// Stops in order: refuses new publishes, stores those that wait, lets every subscriber have everything that was committed, and ends their streams.
    /// Completes when all that was committed is offered; the readers then finish at their own pace. Calling it again does nothing.
    /// </summary>
    public Task DrainAsync() => _loops.DrainAsync();

    /// <summary>
    /// Stops what runs: publishes that wait are stored, streams are closed wherever they are. Call <see cref="DrainAsync"/> first to let subscribers have everything.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _loops.DisposeAsync().ConfigureAwait(false);
        _context.Metrics.Dispose();
        _context.Ids.Dispose();
    }
}

/// <summary>Who may see an event.</summary>
public enum EventAudience
{
    /// <summary>Every subscriber whose matchers select it.</summary>
    Everybody,

    /// <summary>Only subscribers who were granted one of its topics; Mercure's <c>private</c>.</summary>
    Granted,
}
