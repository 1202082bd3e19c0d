namespace Tidings.Faults.Tests.Host;

/// <summary>
/// How long the machine itself has stood still, as this process sees it: it asks to be woken again and again, and adds up by how much that was late. A limit of time is meant for
/// the server, and not for a machine that nobody got anything from.
/// </summary>
internal sealed class MachinePauses : IAsyncDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly Task _beating;
    private TimeSpan _total; // Guarded by _gate.
    private long _lastBeat = TimeProvider.System.GetTimestamp(); // Guarded by _gate.

    private MachinePauses() => _beating = BeatAsync();

    /// <summary>All pauses since the beginning, with the one that has not been noticed yet.</summary>
    public TimeSpan Total
    {
        get
        {
            lock (_gate)
            {
                return _total + LateLocked();
            }
        }
    }

    public static MachinePauses Watch() => new();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _beating.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    // What is within one more beat is how timers are.
    private TimeSpan LateLocked()
    {
        TimeSpan late = TimeProvider.System.GetElapsedTime(_lastBeat) - Beat;
        return late > Beat ? late : TimeSpan.Zero;
    }

    private async Task BeatAsync()
    {
        while (true)
        {
            await Task.Delay(Beat, TimeProvider.System, _stopping.Token);
            lock (_gate)
            {
                _total += LateLocked();
                _lastBeat = TimeProvider.System.GetTimestamp();
            }
        }
    }
}
