using System.Threading.Tasks.Sources;

namespace Tidings;

/// <summary>
/// What waits for one subscriber: sequences, 8 bytes each, in order and bounded. The dispatcher's loop offers, the subscriber's reader takes.
/// A list that would overflow takes nothing more until it is restarted: the log has the events, so nothing is lost and nothing grows.
/// </summary>
/// <remarks>One thread offers, one reader takes and waits; <see cref="Wake"/> and <see cref="End"/> may be called from any thread.</remarks>
internal sealed class PendingList(int capacity) : IValueTaskSource<bool>
{
    private const int FirstCapacity = 8;

    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _wait; // Ended only by whoever has taken the waiter.

    // All below are guarded by _gate. An idle subscriber owns no array at all.
    private long[] _sequences = [];
    private int _count;
    private long? _overflowedAfter; // Every matching event up to here was offered, none after it.
    private bool _isWaiting;
    private bool _isWoken;
    private bool _isEnded;

    private volatile bool _hasOverflowed; // Written under _gate.

    /// <summary>Whether events were refused since the last restart. From any thread.</summary>
    public bool HasOverflowed => _hasOverflowed;

    /// <summary>Whether nothing waits and nothing was refused. From any thread.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return _count == 0 && _overflowedAfter is null;
            }
        }
    }

    /// <summary>Adds a sequence, or notes that the list is full. For the dispatcher's loop.</summary>
    /// <returns>Whether the reader waits: then the caller ends its wait, soon, by <see cref="EndWait"/>.</returns>
    public bool Offer(long sequence)
    {
        lock (_gate)
        {
            if (_overflowedAfter is not null)
            {
                return false;
            }

            if (_count == capacity)
            {
                _overflowedAfter = sequence - 1;
                _hasOverflowed = true;
            }
            else
            {
                if (_count == _sequences.Length)
                {
                    Array.Resize(ref _sequences, Math.Min(capacity, Math.Max(FirstCapacity, 2 * _count)));
                }

                _sequences[_count++] = sequence;
            }

            return TakeWaiterLocked();
        }
    }

    /// <summary>Notes that events after <paramref name="offeredThrough"/> cannot be offered. For the dispatcher's loop.</summary>
    /// <returns>As for <see cref="Offer"/>.</returns>
    public bool Overflow(long offeredThrough)
    {
        lock (_gate)
        {
            _overflowedAfter ??= offeredThrough;
            _hasOverflowed = true;
            return TakeWaiterLocked();
        }
    }

    /// <summary>Ends the wait of a reader that <see cref="Offer"/> or <see cref="Overflow"/> found waiting.</summary>
    /// <param name="isInline">Whether the reader goes on before this returns; otherwise in a turn of its own.</param>
    public void EndWait(bool isInline) => Complete(wasWaiting: true, result: true, isInline);

    /// <summary>Forgets what waits and accepts offers again. For the dispatcher's loop, while the reader waits for it.</summary>
    public void Restart()
    {
        lock (_gate)
        {
            _count = 0;
            _overflowedAfter = null;
            _hasOverflowed = false;
        }
    }

    /// <summary>Says that no more will be offered: the reader takes what waits, and then is told that it is over.</summary>
    public void End()
    {
        bool wasWaiting;
        lock (_gate)
        {
            _isEnded = true;
            wasWaiting = TakeWaiterLocked();
        }

        Complete(wasWaiting, result: false);
    }

    /// <summary>Ends the reader's wait although nothing may have been offered.</summary>
    public void Wake() => Complete(TakeWaiterToWake(), result: true);

    /// <summary>Begins what <see cref="Wake"/> does at once.</summary>
    /// <returns>As for <see cref="Offer"/>.</returns>
    public bool TakeWaiterToWake()
    {
        lock (_gate)
        {
            bool wasWaiting = TakeWaiterLocked();
            _isWoken = !wasWaiting;
            return wasWaiting;
        }
    }

    /// <summary>
    /// Takes everything that waits by exchanging arrays; returns how much. If nothing is left and the list had to refuse events,
    /// <paramref name="overflowedAfter"/> tells up to where everything was offered. For the reader.
    /// </summary>
    public int Take(ref long[] taken, out long? overflowedAfter)
    {
        lock (_gate)
        {
            int count = _count;
            overflowedAfter = count == 0 ? _overflowedAfter : null;
            if (count > 0)
            {
                (taken, _sequences) = (_sequences, taken);
                _count = 0;
            }

            return count;
        }
    }

    /// <summary>
    /// Waits until there is something to do: true if something was offered, refused or the reader was woken; false if it is over. For the reader,
    /// one wait at a time. Allocates nothing.
    /// </summary>
    public ValueTask<bool> WaitAsync()
    {
        lock (_gate)
        {
            if (_count > 0 || _overflowedAfter is not null || _isWoken)
            {
                _isWoken = false;
                return ValueTask.FromResult(true);
            }

            if (_isEnded)
            {
                return ValueTask.FromResult(false);
            }

            _isWaiting = true;
            _wait.Reset();
            return new ValueTask<bool>(this, _wait.Version);
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _wait.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    private bool TakeWaiterLocked()
    {
        bool wasWaiting = _isWaiting;
        _isWaiting = false;
        return wasWaiting;
    }

    // Outside the lock: completing schedules the reader, and only whoever took the waiter may do it.
    private void Complete(bool wasWaiting, bool result, bool isInline = false)
    {
        if (wasWaiting)
        {
            _wait.RunContinuationsAsynchronously = !isInline;
            _wait.SetResult(result);
        }
    }
}
