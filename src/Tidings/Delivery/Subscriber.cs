namespace Tidings;

/// <summary>
/// One open stream of events: a cursor in the log, not a queue. While its reader keeps up, events come from the dispatcher; when it falls behind, or comes
/// back with a cursor, it reads on from the ring or the log at its own pace until it has caught up. Nothing is dropped and nothing grows.
/// </summary>
/// <remarks>
/// One reader at a time calls <see cref="WaitToReadAsync"/> and <see cref="TryRead"/>; <see cref="Wake"/> and <see cref="Close()"/> may be called from any thread.
/// Dispose it when the stream is over.
/// </remarks>
public sealed class Subscriber : IFrameReader, IIndexMember, IAsyncDisposable
{
    private const long NotForked = -1;

    private readonly SubscribeOptions _options;
    private readonly MatcherSet _matchers;
    private readonly BrokerContext _broker;
    private readonly CatchUp _catchUp;
    private readonly PendingList _pending;
    private readonly int[] _indexPositions;

    // Only the reader touches these, but for _cut, which the dispatcher's loop sets while the reader waits for it. Metrics look at the last three.
    private readonly TakenList _taken;
    private readonly LatestOfTopics? _latest; // Null unless only the newest event of each topic is wanted.
    private readonly GapTeller _gaps;
    private bool _wasLive; // Whether it has ever kept up: before, it cannot have fallen behind.
    private long _cursor = long.MaxValue; // Everything that matches up to here was handed out, or left out by the reader's own choice. Ahead of all until it begins.
    private long _cut; // Up to here the reader reads for itself; what comes after is offered by the dispatcher.
    private bool _mustRestart;
    private long _forkedAfter = NotForked; // Set by the dispatcher's loop, taken back by the reader.

    private long _lastOffered; // Only the dispatcher's loop touches this.
    private volatile CloseReason _closeReason;
    private int _returned; // 1 when its patterns are given back.

    internal Subscriber(SubscribeOptions options, MatcherSet matchers, BrokerContext broker)
    {
        _options = options;
        _broker = broker;
        _matchers = matchers;
        _indexPositions = new int[_matchers.Matchers.Length];
        _gaps = new GapTeller(options, matchers, broker);
        _catchUp = new CatchUp(broker.Log, broker.Ring, broker.Ids);
        _pending = new PendingList(broker.Options.PendingCapacity);
        _taken = new TakenList(_pending);
        _latest = options.SlowReaders == SlowReaders.KeepLatest ? new LatestOfTopics(_matchers, options.Visibility, broker.Options.LatestTopics) : null;
    }

    /// <summary>The gap between the cursor that was asked for and the first event of this stream; null if there is none.</summary>
    public Gap? StartGap { get; private set; }

    /// <summary>Why the stream ended; <see cref="CloseReason.None"/> while it is open.</summary>
    public CloseReason CloseReason => _closeReason;

    /// <summary>
    /// Whether the reader may go on in the turn of whoever wakes it: it does little and never blocks, so that many readers share one turn of the thread pool. Set before the first wait.
    /// Default: no, each in a turn of its own.
    /// </summary>
    internal bool ResumesInline { get; set; }

    /// <summary>Whether the subscriber reads, or will have to read, what the dispatcher offers no more. A glance, from any thread.</summary>
    internal bool IsBehind => _pending.HasOverflowed || Volatile.Read(ref _mustRestart) || IsForked || Volatile.Read(ref _cursor) < Volatile.Read(ref _cut);

    /// <summary>Whether it selects, and may see, events that are not stored.</summary>
    internal bool SeesLiveOnly => _gaps.SeesLiveOnly;

    /// <summary>Up to where it was handed everything. A glance, from any thread.</summary>
    internal long HandedOutThrough => Volatile.Read(ref _cursor);

    MatcherSet IIndexMember.Matchers => _matchers;

    int[] IIndexMember.IndexPositions => _indexPositions;

    /// <inheritdoc />
    public ValueTask<bool> WaitToReadAsync()
    {
        if (_closeReason is CloseReason.Left or CloseReason.TooSlow)
        {
            return ValueTask.FromResult(false);
        }

        if (_gaps.IsWaiting)
        {
            return ValueTask.FromResult(true);
        }

        if (IsForked)
        {
            return TellForkAsync();
        }

        if (_mustRestart || _cursor < _cut)
        {
            return CatchUpAsync();
        }

        return _taken.IsEmpty ? _pending.WaitAsync() : ValueTask.FromResult(true);
    }

    /// <inheritdoc />
    public bool TryRead(out ReadOnlyMemory<byte> frame) => _gaps.TryRead(out frame) || (!IsForked && (TryReadBehind(out frame) || TryReadLive(out frame)));

    /// <inheritdoc />
    public void Wake() => _pending.Wake();

    /// <inheritdoc />
    public void Close() => Close(CloseReason.Left);

    /// <summary>Leaves the broker. The stream's memory is free when the task has completed.</summary>
    public async ValueTask DisposeAsync()
    {
        Close(CloseReason.Left);
        await _broker.Dispatcher.LeaveAsync(this).ConfigureAwait(false);
        if (Interlocked.Exchange(ref _returned, 1) == 0)
        {
            // Only now: the index uses the patterns until the subscriber has left it.
            _broker.Patterns.Return(_matchers.Patterns);
        }
    }

    /// <summary>Takes its place once the dispatcher has set the cut. For the broker, before the reader begins.</summary>
    internal async ValueTask BeginAsync(Start start, CancellationToken cancellationToken)
    {
        if (_gaps.Begin(start) is { } reason)
        {
            // Live after a gap means: from the cut on. Nothing dispatched since the registration is skipped.
            _cursor = _options.AfterGap == AfterGap.ReplayRetained || start.KeepsCursor ? start.Cursor!.Value : _cut; // a gap comes with the place where the log begins
            StartGap = await _gaps.TellAsync(reason, _options.StartAt.LastEventId, _cursor, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            _cursor = start.Cursor ?? _cut;
        }
    }

    /// <summary>Takes the frame that tells a gap, if one is to be told before anything else. For the reader.</summary>
    internal bool TryReadGap(out ReadOnlyMemory<byte> frame) => _gaps.TryRead(out frame);

    /// <summary>
    /// The id of the place up to which everything that matches was handed out: while nothing waits, what is dispatched. For the reader, when no gap waits to be read; what it reads
    /// afterwards lies beyond the place. Null if it is the place <paramref name="told"/>, or if there is none because the log has forked, which is told first.
    /// </summary>
    internal async ValueTask<(long Place, SseId Id)?> TakePlaceAsync(long? told, CancellationToken cancellationToken)
    {
        long place = TakePlace();
        if (place == told || IsForked)
        {
            return null;
        }

        SseId id = await _broker.Cursors.IdOfAsync(place, cancellationToken).ConfigureAwait(false);
        return IsForked ? null : (place, id);
    }

    /// <summary>Offers an event that matches; the same one twice is one offer. For the dispatcher's loop.</summary>
    /// <returns>Whether the reader waits: then the caller has it woken by <see cref="Resume"/>.</returns>
    internal bool Offer(long sequence)
    {
        if (sequence == _lastOffered)
        {
            return false;
        }

        _lastOffered = sequence;
        return _pending.Offer(sequence);
    }

    /// <summary>
    /// Notes that what was handed out may not be in the log any more, which goes on after <paramref name="place"/>. <see cref="Overflow"/> follows. For the dispatcher's loop.
    /// </summary>
    internal void NoteFork(long place) => Volatile.Write(ref _forkedAfter, place);

    /// <summary>Notes that events after <paramref name="offeredThrough"/> were never seen by this node. For the dispatcher's loop.</summary>
    /// <returns>As for <see cref="Offer"/>.</returns>
    internal bool Overflow(long offeredThrough) => _pending.Overflow(offeredThrough);

    /// <summary>Begins what <see cref="Wake"/> does at once. From any thread.</summary>
    /// <returns>As for <see cref="Offer"/>.</returns>
    internal bool TakeWaiterToWake() => _pending.TakeWaiterToWake();

    /// <summary>Ends the wait of a reader that was found waiting.</summary>
    internal void Resume() => _pending.EndWait(ResumesInline);

    /// <summary>Sets the place from which on events are offered. For the dispatcher's loop, while the reader waits for it.</summary>
    internal void StartOffering(long cut, long liveOnlyThrough)
    {
        _pending.Restart();
        _cut = cut;
        _gaps.LiveOnlyThrough = liveOnlyThrough;
    }

    /// <summary>Lets the reader have what it was offered, and then ends it. From any thread.</summary>
    internal void Close(CloseReason reason)
    {
        // Leaving and being too slow win over draining: such a reader is given nothing more. Otherwise the first reason stands.
        CloseReason before = Interlocked.CompareExchange(ref _closeReason, reason, CloseReason.None);
        if (before == CloseReason.Draining && reason != CloseReason.Draining)
        {
            before = Interlocked.CompareExchange(ref _closeReason, reason, CloseReason.Draining) == CloseReason.Draining ? CloseReason.None : before;
        }

        if (before == CloseReason.None)
        {
            if (reason == CloseReason.TooSlow)
            {
                _broker.Metrics.TooSlow();
            }

            _pending.End();
        }
    }

    internal long TakePlace()
    {
        // The order matters: whatever is dispatched was offered before, so if nothing waits after this was read, all of it was handed out. Who was closed may be offered no more.
        long dispatched = _broker.Dispatcher.Dispatched;
        if (_cursor >= _cut && !_mustRestart && _taken.IsEmpty && _pending.IsEmpty && _closeReason == CloseReason.None)
        {
            _cursor = Math.Max(_cursor, dispatched); // An event is handed out before its dispatch to others is over.
        }

        return _cursor;
    }

    private bool IsForked => Volatile.Read(ref _forkedAfter) != NotForked;

    private bool TryReadBehind(out ReadOnlyMemory<byte> frame)
    {
        long through = _latest is null ? _cut : Math.Min(_cut, _latest.Through);
        while (_cursor < through && _catchUp.TryNext(ref _cursor, through, out PendingEvent? content))
        {
            // What is looked at costs as much as what is sent: a matcher that selects nothing must not be free.
            _options.Replays?.Charge(content.Body.Length);
            bool isWanted = _latest is null
                ? _options.Visibility.Includes(content) && _matchers.MatchesAny(content.Topics)
                : _latest.IsChosen(_cursor);
            if (isWanted)
            {
                _broker.Metrics.Replayed();
                frame = _catchUp.Frame();
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
            if (_options.Visibility.Includes(framed.Content))
            {
                frame = framed.Frame;
                return true;
            }
        }

        return false;
    }

    private bool TryTake(out long sequence)
    {
        if (_latest is not null && _pending.HasOverflowed)
        {
            // What still waits has been missed like the rest: the newest of it all is chosen from the cursor on.
            _mustRestart = true;
            sequence = 0;
            return false;
        }

        bool isTaken = _taken.TryTake(out sequence, out long? overflowedAfter);
        _wasLive |= isTaken && !_pending.HasOverflowed;
        if (overflowedAfter is { } offeredThrough)
        {
            _cursor = Math.Max(_cursor, offeredThrough);
            _mustRestart = true;
        }

        return isTaken;
    }

    private async ValueTask<bool> TellForkAsync()
    {
        // First, so that a fork that comes meanwhile is told, too.
        long after = Interlocked.Exchange(ref _forkedAfter, NotForked);
        if (_cursor >= _cut && !_mustRestart && !_taken.TryTake(out _, out long? offeredThrough))
        {
            // Nothing was waiting: up to here everything that matched was handed out.
            _cursor = Math.Max(_cursor, offeredThrough ?? _cursor);
        }

        _taken.Forget();
        _catchUp.Forget();
        _latest?.Forget();
        await _broker.Dispatcher.RestartAsync(this).ConfigureAwait(false);
        _mustRestart = false;

        // Nobody knows who misses something of what was lost, but everybody has what is there after its own place, or after the place where this node goes on.
        _cursor = Math.Min(_cursor, Math.Min(after, _cut));
        await _gaps.TellAsync(GapReason.Fork, requested: null, _cursor, CancellationToken.None).ConfigureAwait(false);
        return true;
    }

    private async ValueTask<bool> CatchUpAsync()
    {
        if (_mustRestart)
        {
            if (_options.SlowReaders == SlowReaders.Close && _wasLive)
            {
                Close(CloseReason.TooSlow);
                return false;
            }

            // What was taken and not handed out lies after the cursor: it is read again from the ring or the log.
            _taken.Forget();
            await _broker.Dispatcher.RestartAsync(this).ConfigureAwait(false);
            _mustRestart = false;
            _broker.Metrics.FellBehind();
            if (_gaps.ReasonAfterRestart() is { } reason)
            {
                // What is missing was never in the log; what is in it follows as if nothing had happened.
                await _gaps.TellAsync(reason, requested: null, _cursor, CancellationToken.None).ConfigureAwait(false);
            }
        }
        else if (_latest is not null)
        {
            await CatchUpWithLatestAsync(_latest).ConfigureAwait(false);
        }
        else if (!_catchUp.IsAtHand(_cursor))
        {
            await LoadPageAsync(_cursor).ConfigureAwait(false);
        }

        return true;
    }

    // One page at a time, also of what is only looked at: between two the response writes its heartbeats.
    private async ValueTask CatchUpWithLatestAsync(LatestOfTopics latest)
    {
        if (_cursor < latest.Through)
        {
            _cursor = _catchUp.HasPage ? _cursor : latest.Skip(_cursor);
            if (_cursor < latest.Through && !_catchUp.IsAtHand(_cursor))
            {
                await LoadPageAsync(_cursor).ConfigureAwait(false);
            }
        }
        else if (_catchUp.IsAtHand(latest.LooksAfter(_cursor)) || await LoadPageAsync(latest.LooksAfter(_cursor)).ConfigureAwait(false))
        {
            latest.Choose(_catchUp, _cursor, _cut);
        }
    }

    /// <returns>Whether the page goes on where <paramref name="after"/> says; otherwise a gap is told, and the reader goes on behind it.</returns>
    private async ValueTask<bool> LoadPageAsync(long after)
    {
        LogPage page = await _catchUp.LoadAsync(after, CancellationToken.None).ConfigureAwait(false);
        GapReason? reason = _gaps.ReasonIn(page, after);
        if (reason is { } told)
        {
            _catchUp.Forget();
            _latest?.Forget();
            _cursor = _options.AfterGap == AfterGap.ReplayRetained && told == GapReason.Expired ? Math.Max(_cursor, page.Floor - 1) : _cut;
            await _gaps.TellAsync(told, requested: null, _cursor, CancellationToken.None).ConfigureAwait(false);
        }

        return reason is null;
    }
}
