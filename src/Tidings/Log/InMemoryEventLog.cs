using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Tidings;

/// <summary>
/// The log that lives as long as its process: nothing survives a restart, and a cursor from before one is told as a gap.
/// Keeps the newest events within <see cref="InMemoryLogOptions"/>; what a follower has not been handed yet is kept until it has, so that little retention
/// costs replay but never a live event. Followers that are slow slow appending down.
/// </summary>
/// <remarks>Safe for use from several threads.</remarks>
public sealed class InMemoryEventLog : IEventLog
{
    // So much may be kept for followers beyond the retention; then appending waits for them.
    private const int MaxBacklogEvents = 8192;
    private const long MaxBacklogBytes = 16 * 1024 * 1024;

    // So much that is live-only is held while nobody follows, for the one who has not begun yet; half, so that there is room for what comes meanwhile.
    private const int MaxUnfollowedEvents = MaxBacklogEvents / 2;
    private const long MaxUnfollowedBytes = MaxBacklogBytes / 2;

    // What a follower is handed at once: large enough to keep up, small enough to let others have the dispatcher in between.
    private static readonly PageLimit TailPage = new(512, 1024 * 1024);

    private readonly int _maxEvents;
    private readonly long _maxBytes;
    private readonly uint _epoch = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));
    private readonly Lock _gate = new();

    // All below are guarded by _gate.
    private readonly Dictionary<SseId, Queue<long>> _publisherIds = [];
    private readonly RecentKeys _keys;
    private readonly EventQueue _kept = new();
    private readonly EventQueue _liveOnly = new(); // What some follower, or the one who is to come, has not been handed.
    private long _floor = 1;
    private long _last;
    private readonly List<Follower> _followers = [];
    private TaskCompletionSource _appended = NewSignal();
    private TaskCompletionSource _handedOver = NewSignal();

    /// <summary>Makes an empty log.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is negative.</exception>
    public InMemoryEventLog(InMemoryLogOptions? options = null)
    {
        options ??= new InMemoryLogOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxEvents, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxBytes, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxIdempotencyKeys, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.IdempotencyWindow, TimeSpan.Zero, nameof(options));
        _maxEvents = options.MaxEvents;
        _maxBytes = options.MaxBytes;
        _keys = new RecentKeys(options.IdempotencyWindow, options.MaxIdempotencyKeys);
    }

    /// <inheritdoc />
    public ReadOnlyMemory<byte> IdKey { get; } = RandomNumberGenerator.GetBytes(16);

    /// <inheritdoc />
    public Durability Durability => Durability.Process;

    /// <inheritdoc />
    public ValueTask<LogPosition> GetPositionAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(new LogPosition(_epoch, _floor, _last));
        }
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<AppendResult>> AppendAsync(IReadOnlyList<PendingEvent> events, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(events);
        cancellationToken.ThrowIfCancellationRequested();
        while (BacklogIsFull(out Task handedOver))
        {
            await handedOver.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        TaskCompletionSource appended;
        var results = new AppendResult[events.Count];
        lock (_gate)
        {
            for (int i = 0; i < events.Count; i++)
            {
                results[i] = AppendLocked(events[i]);
            }

            PruneLocked();
            appended = _appended;
            _appended = NewSignal();
        }

        appended.SetResult();
        return results;
    }

    /// <inheritdoc />
    public ValueTask<LogPage> ReadAsync(long after, PageLimit limit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(ReadLocked(after, limit, firstLiveOnly: _liveOnly.Count));
        }
    }

    /// <inheritdoc />
    public ValueTask<long?> FindAsync(SseId id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult<long?>(_publisherIds.TryGetValue(id, out Queue<long>? sequences) ? sequences.Peek() : null);
        }
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<LogPage> TailAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var follower = new Follower { Position = after };
        lock (_gate)
        {
            _followers.Add(follower);
        }

        try
        {
            while (true)
            {
                LogPage page = TakePage(follower, out Task appended);
                if (page.Through > after)
                {
                    yield return page;
                    after = page.Through;
                }
                else
                {
                    await appended.WaitAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            Remove(follower);
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LogPage TakePage(Follower follower, out Task appended)
    {
        LogPage page;
        TaskCompletionSource handedOver;
        lock (_gate)
        {
            page = ReadLocked(follower.Position, TailPage, _liveOnly.IndexAfter(follower.Position));
            follower.Position = page.Through; // the page holds the events itself
            PruneLocked();
            appended = _appended.Task;
            handedOver = _handedOver;
            _handedOver = NewSignal();
        }

        handedOver.SetResult();
        return page;
    }

    private void Remove(Follower follower)
    {
        TaskCompletionSource handedOver;
        lock (_gate)
        {
            _followers.Remove(follower);
            PruneLocked();
            handedOver = _handedOver;
            _handedOver = NewSignal();
        }

        handedOver.SetResult();
    }

    private bool BacklogIsFull(out Task handedOver)
    {
        lock (_gate)
        {
            handedOver = _handedOver.Task;
            return _last - Math.Min(_last, SlowestFollowerLocked()) is long backlog and > 0
                && (backlog >= MaxBacklogEvents || _kept.Bytes - MaxBacklogBytes > _maxBytes || _liveOnly.Bytes >= MaxBacklogBytes);
        }
    }

    private long SlowestFollowerLocked()
    {
        long slowest = long.MaxValue;
        foreach (Follower follower in _followers)
        {
            slowest = Math.Min(slowest, follower.Position);
        }

        return slowest;
    }

    private LogPage ReadLocked(long after, PageLimit limit, int firstLiveOnly)
    {
        int kept = _kept.IndexAfter(after);
        int liveOnly = firstLiveOnly;
        var events = new List<LoggedEvent>(Math.Min(_kept.Count - kept + _liveOnly.Count - liveOnly, limit.Events));
        long bytes = 0;
        while (kept < _kept.Count || liveOnly < _liveOnly.Count)
        {
            bool isKept = liveOnly == _liveOnly.Count || (kept < _kept.Count && _kept[kept].Sequence < _liveOnly[liveOnly].Sequence);
            LoggedEvent next = isKept ? _kept[kept++] : _liveOnly[liveOnly++];
            bytes += next.Content.Body.Length;
            if (events.Count == limit.Events || (bytes > limit.Bytes && events.Count > 0))
            {
                return new LogPage(events, events[^1].Sequence, _floor);
            }

            events.Add(next);
        }

        // Everything below the floor is told by the floor, so the page speaks for it, too.
        return new LogPage(events, Math.Max(after, _last), _floor);
    }

    private AppendResult AppendLocked(PendingEvent pending)
    {
        if (pending.Idempotency is { } mark)
        {
            if (_keys.TryFind(mark, pending.PublishedAt, out RecentKeys.Entry? known))
            {
                return known.Content == mark.Content
                    ? new AppendResult(AppendOutcome.Repeated, _epoch, known.Sequence, known.Tag)
                    : new AppendResult(AppendOutcome.KeyReused, _epoch, Sequence: 0, Tag: 0);
            }

            _keys.Add(mark, _last + 1, pending.Tag, pending.PublishedAt);
        }

        StoreLocked(new LoggedEvent(_last + 1, _epoch, pending));
        return new AppendResult(AppendOutcome.Stored, _epoch, _last, pending.Tag);
    }

    private void StoreLocked(LoggedEvent logged)
    {
        _last = logged.Sequence;
        if (logged.Content.IsLiveOnly)
        {
            _liveOnly.Add(logged);
            return;
        }

        _kept.Add(logged);
        if (logged.Content.PublisherId is { } id)
        {
            if (!_publisherIds.TryGetValue(id, out Queue<long>? sequences))
            {
                _publisherIds[id] = sequences = new Queue<long>(1);
            }

            sequences.Enqueue(logged.Sequence);
        }
    }

    private void PruneLocked()
    {
        long handedOver = SlowestFollowerLocked();
        while (_kept.Count > 0 && _kept[0].Sequence <= handedOver && (_kept.Count > _maxEvents || _kept.Bytes > _maxBytes))
        {
            PruneOldestLocked();
        }

        bool isFollowed = _followers.Count > 0;
        while (_liveOnly.Count > 0
            && (isFollowed ? _liveOnly[0].Sequence <= handedOver : _liveOnly.Count > MaxUnfollowedEvents || _liveOnly.Bytes > MaxUnfollowedBytes))
        {
            _liveOnly.RemoveOldest();
        }
    }

    private void PruneOldestLocked()
    {
        LoggedEvent oldest = _kept.RemoveOldest();

        // Live-only events have no part in this: whoever could not see them learns nothing of them from the floor.
        _floor = oldest.Sequence + 1;
        if (oldest.Content.PublisherId is { } id)
        {
            Queue<long> sequences = _publisherIds[id];
            sequences.Dequeue();
            if (sequences.Count == 0)
            {
                _publisherIds.Remove(id);
            }
        }
    }

    /// <summary>Somebody who follows the log, and how far it has been handed over.</summary>
    private sealed class Follower
    {
        public long Position { get; set; }
    }
}
