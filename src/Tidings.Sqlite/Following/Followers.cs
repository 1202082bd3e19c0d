namespace Tidings;

/// <summary>
/// Hands what was just committed to those who follow the log, without reading it again. Holds what the slowest of them has not been handed yet, whatever the
/// retention, and makes storing wait when that becomes too much. Where some events are not kept, by retention or because they are live-only, it holds the newest also while nobody follows, for the one who
/// has not joined yet or comes back after a failure: they are nowhere else.
/// </summary>
internal sealed class Followers
{
    // So much may be held for followers; then storing waits for them.
    private const int MaxBacklogEvents = 8192;
    private const long MaxBacklogBytes = 16 * 1024 * 1024;

    // So much is held while nobody follows; half, so that whoever joins then finds room for what comes meanwhile.
    private const int MaxUnfollowedEvents = MaxBacklogEvents / 2;
    private const long MaxUnfollowedBytes = MaxBacklogBytes / 2;

    // What a follower is handed at once: large enough to keep up, small enough to let others have the dispatcher in between.
    private const int MaxPageEvents = 512;
    private const long MaxPageBytes = 1024 * 1024;

    private readonly Lock _gate = new();

    // All below are guarded by _gate.
    private readonly List<Follower> _followers = [];
    private readonly Queue<LoggedEvent> _backlog = [];
    private long _backlogBytes;
    private long _heldAfter; // Everything after this sequence is in the backlog.
    private LogPosition _position;
    private bool _holdsUnfollowed;
    private bool _isClosed;
    private TaskCompletionSource _committed = NewSignal();
    private TaskCompletionSource _handedOver = NewSignal();

    public Followers(LogPosition position)
    {
        _position = position;
        _heldAfter = position.Last;
    }

    /// <summary>
    /// Whether the newest events are held while nobody follows. Otherwise whoever joins reads them. Default: from the first live-only event on.
    /// </summary>
    public bool HoldsUnfollowed
    {
        init => _holdsUnfollowed = value;
    }

    /// <summary>Where the log begins and ends, as of the last commit.</summary>
    public LogPosition Position
    {
        get
        {
            lock (_gate)
            {
                return _position;
            }
        }
    }

    /// <summary>Begins to hold what is committed for a follower that was handed everything up to <paramref name="after"/>.</summary>
    public Follower Join(long after)
    {
        var follower = new Follower { Position = after };
        TaskCompletionSource handedOver;
        lock (_gate)
        {
            _followers.Add(follower);
            handedOver = TrimLocked();
        }

        handedOver.SetResult();
        return follower;
    }

    public void Leave(Follower follower)
    {
        TaskCompletionSource handedOver;
        lock (_gate)
        {
            _followers.Remove(follower);
            handedOver = TrimLocked();
        }

        handedOver.SetResult();
    }

    /// <summary>Tells what was committed, in order, and where the log stands since.</summary>
    public void Publish(IReadOnlyList<LoggedEvent> committed, LogPosition position)
    {
        TaskCompletionSource signal;
        lock (_gate)
        {
            _position = position;
            foreach (LoggedEvent logged in committed)
            {
                _holdsUnfollowed |= logged.Content.IsLiveOnly;
                _backlog.Enqueue(logged);
                _backlogBytes += logged.Content.Body.Length;
            }

            if (_followers.Count == 0)
            {
                TrimUnfollowedLocked();
            }

            signal = _committed;
            _committed = NewSignal();
        }

        signal.SetResult();
    }

    /// <summary>Ends every wait, of followers and of those who store; nobody can follow any more.</summary>
    public void Close()
    {
        TaskCompletionSource committed;
        TaskCompletionSource handedOver;
        lock (_gate)
        {
            _isClosed = true;
            committed = _committed;
            _committed = NewSignal();
            handedOver = _handedOver;
            _handedOver = NewSignal();
        }

        committed.SetResult();
        handedOver.SetResult();
    }

    /// <summary>Waits while too much is held for followers.</summary>
    /// <exception cref="ObjectDisposedException">The log was closed.</exception>
    public async ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        while (IsFull(out Task handedOver))
        {
            await handedOver.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Takes what comes next for a follower: a page; or, if it is further behind than what is held, the sequence up to which it must read for itself; or
    /// neither, and then <paramref name="committed"/> completes with the next commit.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The log was closed.</exception>
    public LogPage? Take(Follower follower, out long? readThrough, out Task committed)
    {
        LogPage? page = null;
        TaskCompletionSource? handedOver = null;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(SqliteEventLog));
            readThrough = null;
            committed = _committed.Task;
            if (follower.Position < _heldAfter)
            {
                readThrough = _heldAfter;
            }
            else if (follower.Position < _position.Last)
            {
                page = PageLocked(follower.Position);
                follower.Position = page.Through;
                handedOver = TrimLocked();
            }
        }

        handedOver?.SetResult();
        return page;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LogPage PageLocked(long after)
    {
        var events = new List<LoggedEvent>(Math.Min(MaxPageEvents, _backlog.Count));
        long through = _position.Last;
        long bytes = 0;
        foreach (LoggedEvent logged in _backlog)
        {
            if (logged.Sequence <= after)
            {
                continue;
            }

            bytes += logged.Content.Body.Length;
            if (events.Count == MaxPageEvents || (bytes > MaxPageBytes && events.Count > 0))
            {
                through = events[^1].Sequence;
                break;
            }

            events.Add(logged);
        }

        // What is held is whole, whatever retention has taken since.
        return new LogPage(events, through, Math.Min(_position.Floor, after + 1));
    }

    private bool IsFull(out Task handedOver)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(SqliteEventLog));
            handedOver = _handedOver.Task;
            return _followers.Count > 0 && (_backlog.Count >= MaxBacklogEvents || _backlogBytes >= MaxBacklogBytes);
        }
    }

    private TaskCompletionSource TrimLocked()
    {
        if (_followers.Count == 0)
        {
            TrimUnfollowedLocked();
        }
        else
        {
            long slowest = _followers.Min(follower => follower.Position);
            _heldAfter = Math.Max(_heldAfter, Math.Min(slowest, _position.Last));
            while (_backlog.TryPeek(out LoggedEvent? oldest) && oldest.Sequence <= slowest)
            {
                DropOldestLocked();
            }
        }

        TaskCompletionSource handedOver = _handedOver;
        _handedOver = NewSignal();
        return handedOver;
    }

    // What falls out here is read from the database by whoever joins, if it is kept.
    private void TrimUnfollowedLocked()
    {
        if (!_holdsUnfollowed)
        {
            _backlog.Clear();
            _backlogBytes = 0;
            _heldAfter = _position.Last;
            return;
        }

        while (_backlog.Count > MaxUnfollowedEvents || _backlogBytes > MaxUnfollowedBytes)
        {
            _heldAfter = DropOldestLocked();
        }
    }

    private long DropOldestLocked()
    {
        LoggedEvent oldest = _backlog.Dequeue();
        _backlogBytes -= oldest.Content.Body.Length;
        return oldest.Sequence;
    }

    /// <summary>Somebody who follows the log, and how far it has been handed over.</summary>
    internal sealed class Follower
    {
        /// <summary>Changed by <see cref="Take"/>, and by the follower itself while it reads what is not held.</summary>
        public long Position { get; set; }
    }
}
