using System.Threading.Channels;

namespace Tidings.Testing;

/// <summary>
/// A clock that moves only when a test says so, and that tells the test of every wait that begins: the test advances the clock when
/// the code under test is known to wait, and knows for how long. Safe for use from several threads.
/// </summary>
public sealed class ObservedTimeProvider : TimeProvider
{
    private readonly FakeTimeProvider _time = new();
    private readonly Channel<TimeSpan> _waits = Channel.CreateUnbounded<TimeSpan>();

    /// <inheritdoc />
    public override long TimestampFrequency => _time.TimestampFrequency;

    /// <summary>How many timers are waiting to fire.</summary>
    public int TimerCount => _time.TimerCount;

    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow() => _time.GetUtcNow();

    /// <inheritdoc />
    public override long GetTimestamp() => _time.GetTimestamp();

    /// <inheritdoc />
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ObservedTimer(_time.CreateTimer(callback, state, dueTime, period), this);
        Observe(dueTime);
        return timer;
    }

    /// <summary>The next wait that began, in order; comes back when it has begun.</summary>
    public async Task<TimeSpan> NextWaitAsync() => await _waits.Reader.ReadAsync().AsTask().WaitAsync(Hang.Limit);

    /// <summary>Moves the clock forward and fires every timer that becomes due.</summary>
    public void Advance(TimeSpan by) => _time.Advance(by);

    private void Observe(TimeSpan dueTime)
    {
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            _waits.Writer.TryWrite(dueTime);
        }
    }

    private sealed class ObservedTimer(ITimer inner, ObservedTimeProvider owner) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            bool changed = inner.Change(dueTime, period);
            owner.Observe(dueTime);
            return changed;
        }

        public void Dispose() => inner.Dispose();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
