namespace Tidings;

/// <summary>Knows what one subscriber was told to be missing, notices when more is, and holds the frame that tells it until that is read.</summary>
/// <remarks>Belongs to one reader; not thread-safe.</remarks>
internal sealed class GapTeller(SubscribeOptions options, MatcherSet matchers, BrokerContext broker)
{
    private ReadOnlyMemory<byte>? _frame;
    private long _proved; // What is missing below this sequence was told, or not asked for.

    /// <summary>Whether a gap is to be read before anything else.</summary>
    public bool IsWaiting => _frame is not null;

    /// <summary>Notes what the subscriber's beginning has told already.</summary>
    public void Begin(Start start) => _proved = start.Proved;

    /// <summary>Takes the frame that tells the gap.</summary>
    public bool TryRead(out ReadOnlyMemory<byte> frame)
    {
        frame = _frame.GetValueOrDefault();
        bool isTold = _frame is not null;
        _frame = null;
        return isTold;
    }

    /// <summary>Says why <paramref name="page"/> does not go on after <paramref name="after"/>; null if it does.</summary>
    public GapReason? ReasonIn(LogPage page, long after)
    {
        long floor = matchers.FloorOf(page.Floor, page.TopicFloors);
        if (floor > Math.Max(after + 1, _proved))
        {
            _proved = floor;
            return GapReason.Expired;
        }

        // Otherwise the log no longer reaches as far as what was dispatched from it.
        return page.Through <= after ? GapReason.Rewound : null;
    }

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
