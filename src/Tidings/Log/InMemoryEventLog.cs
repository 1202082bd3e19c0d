using System.Numerics;
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
    private const int FirstCapacity = 256;

    // So much may be kept for followers beyond the retention; then appending waits for them.
    private const int MaxBacklogEvents = 8192;
    private const long MaxBacklogBytes = 16 * 1024 * 1024;

    // What a follower is handed at once: large enough to keep up, small enough to let others have the dispatcher in between.
    private static readonly PageLimit TailPage = new(512, 1024 * 1024);

    private readonly int _maxEvents;
    private readonly long _maxBytes;
    private readonly uint _epoch = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));
    private readonly Lock _gate = new();

    // All below are guarded by _gate. Sequences are dense, so an event's slot is its sequence modulo the (power of two) capacity.
    private readonly Dictionary<SseId, Queue<long>> _publisherIds = [];
    private readonly RecentKeys _keys;
    private LoggedEvent?[] _slots = new LoggedEvent?[FirstCapacity];
    private long _floor = 1;
    private long _last;
    private long _bytes;
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
            return ValueTask.FromResult(ReadLocked(after, limit));
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
            page = ReadLocked(follower.Position, TailPage);
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
                && (backlog >= MaxBacklogEvents || _bytes - MaxBacklogBytes > _maxBytes);
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

    private LogPage ReadLocked(long after, PageLimit limit)
    {
        long next = Math.Max(after + 1, _floor);
        var events = new List<LoggedEvent>((int)Math.Clamp(_last - next + 1, 0, limit.Events));
        long bytes = 0;
        for (; next <= _last && events.Count < limit.Events; next++)
        {
            LoggedEvent logged = SlotLocked(next)!; // retained, because at or above the floor
            bytes += logged.Content.Body.Length;
            if (bytes > limit.Bytes && events.Count > 0)
            {
                break;
            }

            events.Add(logged);
        }

        // Everything below the floor is told by the floor, so the page speaks for it, too.
        return new LogPage(events, Math.Max(after, next - 1), _floor);
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
        if (logged.Sequence - _floor >= _slots.Length)
        {
            GrowLocked();
        }

        SlotLocked(logged.Sequence) = logged;
        _last = logged.Sequence;
        _bytes += logged.Content.Body.Length;
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
        long handedOver = Math.Min(_last, SlowestFollowerLocked());
        while (_floor <= handedOver && (_last - _floor + 1 > _maxEvents || _bytes > _maxBytes))
        {
            PruneOldestLocked();
        }
    }

    private void PruneOldestLocked()
    {
        LoggedEvent oldest = SlotLocked(_floor)!; // the floor is retained while it is not above the last
        SlotLocked(_floor) = null;
        _floor++;
        _bytes -= oldest.Content.Body.Length;
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

    private void GrowLocked()
    {
        LoggedEvent?[] old = _slots;
        _slots = new LoggedEvent?[BitOperations.RoundUpToPowerOf2((uint)old.Length + 1)];
        for (long sequence = _floor; sequence <= _last; sequence++)
        {
            SlotLocked(sequence) = old[sequence & (old.Length - 1)];
        }
    }

    private ref LoggedEvent? SlotLocked(long sequence) => ref _slots[sequence & (_slots.Length - 1)];

    /// <summary>Somebody who follows the log, and how far it has been handed over.</summary>
    private sealed class Follower
    {
        public long Position { get; set; }
    }
}
