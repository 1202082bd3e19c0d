namespace Tidings;

/// <summary>
/// What one caller has had read for it of the past, over all of its streams: a level that sinks by <paramref name="bytesPerMinute"/>. It never rises above the share of two minutes, so whoever had too
/// much waits a minute at most.
/// </summary>
/// <remarks>Safe for use from several threads.</remarks>
internal sealed class ReplayAccount(long bytesPerMinute, TimeProvider time)
{
    private readonly Lock _gate = new();
    private double _level; // Guarded by _gate, like the one below.
    private long _at = time.GetTimestamp();

    /// <summary>Whether the caller has had what it may have for now.</summary>
    public bool IsSpent => Level() >= bytesPerMinute;

    /// <summary>Whether it is as if the caller had never been here.</summary>
    public bool IsEmpty => Level() == 0;

    /// <summary>Notes an event that was read for the caller, whether or not it was sent.</summary>
    public void Charge(int bytes)
    {
        lock (_gate)
        {
            _level = Math.Min(SinkLocked() + bytes, 2.0 * bytesPerMinute);
        }
    }

    private double Level()
    {
        lock (_gate)
        {
            return _level = SinkLocked();
        }
    }

    private double SinkLocked()
    {
        long now = time.GetTimestamp();
        double level = Math.Max(0, _level - (bytesPerMinute * time.GetElapsedTime(_at, now).TotalMinutes));
        _at = now;
        return level;
    }
}
