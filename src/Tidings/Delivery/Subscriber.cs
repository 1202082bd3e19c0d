namespace Tidings;

/// <summary>
/// One open stream of events: a cursor in the log, not a queue. While its reader keeps up, events come from the dispatcher; when it falls behind, or comes
/// back with a cursor, it reads on from the ring or the log at its own pace until it has caught up. Nothing is dropped and nothing grows.
/// </summary>
/// <remarks>
/// One reader at a time calls <see cref="WaitToReadAsync"/> and <see cref="TryRead"/>; <see cref="Wake"/> and <see cref="Close()"/> may be called from any thread.
/// Dispose it when the stream is over.
/// </remarks>
public sealed class Subscriber : IFrameReader, TopicIndex<Subscriber>.IMember, IAsyncDisposable
{
    private readonly SubscribeOptions _options;
    private readonly MatcherSet _matchers;
    private readonly BrokerContext _broker;
    private readonly CatchUp _catchUp;
    private readonly PendingList _pending;
    private readonly int[] _indexPositions;

    // Only the reader touches these, but for _cut, which the dispatcher's loop sets while the reader waits for it.
    private ReadOnlyMemory<byte>? _gapFrame;
    private long[] _taken = [];
    private int _takenNext;
    private int _takenCount;
    private long _cursor; // Everything that matches up to here was handed out.
    private long _proved; // What is missing below this sequence was told, or not asked for.
    private long _cut; // Up to here the reader reads for itself; what comes after is offered by the dispatcher.
    private bool _mustRestart;

    private long _lastOffered; // Only the dispatcher's loop touches this.
    private volatile CloseReason _closeReason;

    internal Subscriber(SubscribeOptions options, MatcherSet matchers, BrokerContext broker)
    {
        _options = options;
        _broker = broker;
        _matchers = matchers;
        _indexPositions = new int[_matchers.Matchers.Length];
        _catchUp = new CatchUp(broker.Log, broker.Ring, broker.Ids);
        _pending = new PendingList(broker.Options.PendingCapacity);
    }

    /// <summary>The gap between the cursor that was asked for and the first event of this stream; null if there is none.</summary>
    public Gap? StartGap { get; private set; }

    /// <summary>Why the stream ended; <see cref="CloseReason.None"/> while it is open.</summary>
    public CloseReason CloseReason => _closeReason;

    MatcherSet TopicIndex<Subscriber>.IMember.Matchers => _matchers;

    int[] TopicIndex<Subscriber>.IMember.IndexPositions => _indexPositions;

    /// <inheritdoc />
    public ValueTask<bool> WaitToReadAsync()
    {
        if (_closeReason == CloseReason.Left)
        {
            return ValueTask.FromResult(false);
        }

        if (_gapFrame is not null)
        {
            return ValueTask.FromResult(true);
        }

        if (_mustRestart || _cursor < _cut)
        {
            return CatchUpAsync();
        }

        return _takenNext < _takenCount ? ValueTask.FromResult(true) : _pending.WaitAsync();
    }

    /// <inheritdoc />
    public bool TryRead(out ReadOnlyMemory<byte> frame)
    {
        if (_gapFrame is { } gap)
        {
            _gapFrame = null;
            frame = gap;
            return true;
        }

        return TryReadBehind(out frame) || TryReadLive(out frame);
    }

    /// <inheritdoc />
    public void Wake() => _pending.Wake();

    /// <inheritdoc />
    public void Close() => Close(CloseReason.Left);

    /// <summary>Leaves the broker. The stream's memory is free when the task has completed.</summary>
    public async ValueTask DisposeAsync()
    {
        Close(CloseReason.Left);
        await _broker.Dispatcher.LeaveAsync(this).ConfigureAwait(false);
    }

    /// <summary>Takes its place once the dispatcher has set the cut. For the broker, before the reader begins.</summary>
    internal async ValueTask BeginAsync(Start start, CancellationToken cancellationToken)
    {
        _proved = start.Proved;
        if (start.Reason is { } reason)
        {
            // Live after a gap means: from the cut on. Nothing dispatched since the registration is skipped.
            _cursor = _options.AfterGap == AfterGap.ReplayRetained ? start.Cursor!.Value : _cut; // a gap comes with the place where the log begins
            StartGap = await TellGapAsync(reason, _options.StartAt.LastEventId, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            _cursor = start.Cursor ?? _cut;
        }
    }

    /// <summary>Offers an event that matches; the same one twice is one offer. For the dispatcher's loop.</summary>
    internal void Offer(long sequence)
    {
        if (sequence != _lastOffered)
        {
            _lastOffered = sequence;
            _pending.Offer(sequence);
        }
    }

    /// <summary>Notes that events after <paramref name="offeredThrough"/> were never seen by this node. For the dispatcher's loop.</summary>
    internal void Overflow(long offeredThrough) => _pending.Overflow(offeredThrough);

    /// <summary>Sets the place from which on events are offered. For the dispatcher's loop, while the reader waits for it.</summary>
    internal void StartOffering(long cut)
    {
        _pending.Restart();
        _cut = cut;
    }

    /// <summary>Lets the reader have what it was offered, and then ends it. From any thread.</summary>
    internal void Close(CloseReason reason)
    {
        // Leaving wins over draining: a reader that left wants nothing more.
        if (_closeReason is CloseReason.None || reason is CloseReason.Left)
        {
            _closeReason = reason;
            _pending.End();
        }
    }

    private bool TryReadBehind(out ReadOnlyMemory<byte> frame)
    {
        while (_cursor < _cut && _catchUp.TryNext(ref _cursor, _cut, out FramedEvent? framed))
        {
            if (Sees(framed.Content) && _matchers.MatchesAny(framed.Content.Topics))
            {
                _broker.Metrics.Replayed();
                frame = framed.Frame;
                return true;
            }
        }

        if (_cursor >= _cut)
        {
            // What is left of the page lies beyond the cut: the dispatcher offers it.
            _catchUp.Forget();
        }

        frame = default;
        return false;
    }

    private bool TryReadLive(out ReadOnlyMemory<byte> frame)
    {
        frame = default;
        while (_cursor >= _cut && !_mustRestart && TryTake(out long sequence))
        {
            // The cursor check is the last one before the bytes: nothing is sent twice, whatever was offered.
            if (sequence <= _cursor)
            {
                continue;
            }

            if (!_broker.Ring.TryGet(sequence, out FramedEvent? framed))
            {
                // The reader was slower than the ring: everything before this event was handed out, so read on from here.
                _cursor = sequence - 1;
                _mustRestart = true;
                return false;
            }

            _cursor = sequence;
            if (Sees(framed.Content))
            {
                frame = framed.Frame;
                return true;
            }
        }

        return false;
    }

    private bool TryTake(out long sequence)
    {
        if (_takenNext == _takenCount)
        {
            _takenNext = 0;
            _takenCount = _pending.Take(ref _taken, out long? overflowedAfter);
            if (overflowedAfter is { } offeredThrough)
            {
                _cursor = Math.Max(_cursor, offeredThrough);
                _mustRestart = true;
            }

            if (_takenCount == 0)
            {
                sequence = 0;
                return false;
            }
        }

        sequence = _taken[_takenNext++];
        return true;
    }

    private async ValueTask<bool> CatchUpAsync()
    {
        if (_mustRestart)
        {
            // What was taken and not handed out lies after the cursor: it is read again from the ring or the log.
            _takenNext = _takenCount = 0;
            await _broker.Dispatcher.RestartAsync(this).ConfigureAwait(false);
            _mustRestart = false;
            _broker.Metrics.FellBehind();
        }
        else if (!_catchUp.IsAtHand(_cursor))
        {
            await LoadPageAsync().ConfigureAwait(false);
        }

        return true;
    }

    private async ValueTask LoadPageAsync()
    {
        LogPage page = await _catchUp.LoadAsync(_cursor, CancellationToken.None).ConfigureAwait(false);
        long floor = _matchers.FloorOf(page.Floor, page.TopicFloors);
        GapReason? reason =
            floor > Math.Max(_cursor + 1, _proved) ? GapReason.Expired
            : page.Through <= _cursor ? GapReason.Rewound // The log no longer reaches as far as what was dispatched from it.
            : null;
        if (reason is { } told)
        {
            _catchUp.Forget();
            _proved = floor;
            _cursor = _options.AfterGap == AfterGap.ReplayRetained && told == GapReason.Expired ? Math.Max(_cursor, page.Floor - 1) : _cut;
            await TellGapAsync(told, requested: null, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async ValueTask<Gap> TellGapAsync(GapReason reason, string? requested, CancellationToken cancellationToken)
    {
        var gap = new Gap(reason, requested, await _broker.Cursors.IdOfAsync(_cursor, cancellationToken).ConfigureAwait(false));
        _broker.Metrics.GapTold(reason);
        if (_options.GapTelling == GapTelling.InStream)
        {
            _gapFrame = gap.ToFrame();
        }

        return gap;
    }

    private bool Sees(PendingEvent content) =>
        !content.IsPrivate || _options.Visibility == EventVisibility.IncludingPrivate;
}
