namespace Tidings;

/// <summary>Knows what one subscriber was told to be missing, notices when more is, and holds the frame that tells it until that is read.</summary>
/// <remarks>Belongs to one reader; not thread-safe.</remarks>
internal sealed class GapTeller(SubscribeOptions options, MatcherSet matchers, BrokerContext broker)
{
    private ReadOnlyMemory<byte>? _frame;
    private long _proved; // What is missing below this sequence was told, or not asked for.
    private long _liveOnlyProved; // The same for events that are not stored, up to and including this sequence.
    private long _liveOnlyUnknown; // What the broker said of them when it was asked last.

    /// <summary>Whether the subscriber selects, and may see, events that are not stored.</summary>
    public bool SeesLiveOnly { get; } = options.Visibility.MayReach(broker.LiveOnly) && broker.LiveOnly.MayBeSelectedBy(matchers);

    /// <summary>The newest event up to the subscriber's cut that is not in the log. Set by the dispatcher's loop, with the cut, while the reader waits for it.</summary>
    public long LiveOnlyThrough { get; set; }

    /// <summary>Whether a gap is to be read before anything else.</summary>
    public bool IsWaiting => _frame is not null;

    /// <summary>Notes what the subscriber's beginning tells, or has not asked for, and says why the cursor that was asked for cannot be honoured; null if it can.</summary>
    public GapReason? Begin(Start start)
    {
        _proved = start.Proved;
        _liveOnlyUnknown = broker.Dispatcher.LiveOnlyUnknownThrough;
        GapReason? reason = start.Reason ?? (IsLiveOnlyLost(start.Cursor) ? GapReason.Expired : null);
        if (reason is not null || options.StartAt.Kind != StartKind.After)
        {
            _liveOnlyProved = LiveOnlyThrough;
        }

        return reason;
    }

    /// <summary>Takes the frame that tells the gap.</summary>
    public bool TryRead(out ReadOnlyMemory<byte> frame)
    {
        frame = _frame.GetValueOrDefault();
        bool isTold = _frame is not null;
        _frame = null;
        return isTold;
    }

    /// <summary>Says why what comes after a new cut does not go on where the reader is: events that are in no log may be missing. Null if it does.</summary>
    public GapReason? ReasonAfterRestart()
    {
        long unknown = broker.Dispatcher.LiveOnlyUnknownThrough;
        if (!SeesLiveOnly || unknown == _liveOnlyUnknown)
        {
            return null;
        }

        _liveOnlyUnknown = unknown;
        _liveOnlyProved = LiveOnlyThrough;
        return GapReason.Expired;
    }

    /// <summary>Says why <paramref name="page"/> does not go on after <paramref name="after"/>; null if it does.</summary>
    public GapReason? ReasonIn(LogPage page, long after)
    {
        long floor = matchers.FloorOf(page.Floor, page.TopicFloors);
        if (floor > Math.Max(after + 1, _proved))
        {
            _proved = floor;
            _liveOnlyProved = LiveOnlyThrough;
            return GapReason.Expired;
        }

        // The page comes from the log, which does not have them.
        if (SeesLiveOnly && LiveOnlyThrough > Math.Max(after, _liveOnlyProved))
        {
            _liveOnlyProved = LiveOnlyThrough;
            return GapReason.Expired;
        }

        // Otherwise the log no longer reaches as far as what was dispatched from it.
        return page.Through <= after ? GapReason.Rewound : null;
    }

    // While the ring has what comes after the cursor, the events are read from there. What was live-only before this process has left no trace.
    private bool IsLiveOnlyLost(long? cursor) =>
        SeesLiveOnly
        && options.StartAt.Kind == StartKind.After
        && (cursor <= _liveOnlyUnknown || (cursor < LiveOnlyThrough && !broker.Ring.TryGet(cursor.Value + 1, out _)));

    /// <summary>Tells a gap after which the reader goes on behind <paramref name="cursor"/>.</summary>
    /// <param name="reason">Why events are missing.</param>
    /// <param name="requested">The cursor that the client came with; null in the middle of a stream.</param>
    /// <param name="cursor">Where the reader goes on.</param>
    /// <param name="cancellationToken">Ends the wait for the log.</param>
    public async ValueTask<Gap> TellAsync(GapReason reason, string? requested, long cursor, CancellationToken cancellationToken)
    {
        var gap = new Gap(reason, requested, await broker.Cursors.IdOfAsync(cursor, cancellationToken).ConfigureAwait(false));
        broker.Metrics.GapTold(reason);
        if (options.GapTelling == GapTelling.InStream)
        {
            _frame = gap.ToFrame();
        }

        return gap;
    }
}
