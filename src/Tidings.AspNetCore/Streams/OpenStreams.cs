using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Tidings;

/// <summary>
/// All event streams that are open, whatever feeds them. One timer serves them all: it asks each whether a heartbeat is due or a write has waited too long.
/// When the app stops it ends them, spread over the drain window.
/// </summary>
internal sealed class OpenStreams : IAsyncDisposable
{
    /// <summary>How long a stream may still take, after the drain window, to write what it has to write.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestTick = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<EventStreamResponse, bool> _streams = new();
    private readonly CancellationTokenSource _stopped = new();
    private readonly Task _ticking;
    private readonly TaskCompletionSource _allEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isDraining;

    public OpenStreams(IOptions<TidingsOptions> options, TimeProvider timeProvider, ILogger<EventStreamResponse> logger)
    {
        Options = options.Value;
        Time = timeProvider;
        Logger = logger;
        TimeSpan tick = Min(LongestTick, Min(Options.HeartbeatInterval, Options.WriteTimeout) / 4);
        _ticking = TickAsync(tick);
    }

    public TidingsOptions Options { get; }

    public TimeProvider Time { get; }

    /// <summary>What happens to streams is written to it.</summary>
    public ILogger Logger { get; }

    /// <summary>Whether the app stops: no new stream is opened.</summary>
    public bool IsDraining => _isDraining;

    /// <summary>How many streams are open.</summary>
    public int Count => _streams.Count;

    /// <summary>How many streams wait for their clients at this moment: what was written is not handed over yet.</summary>
    public int WaitingCount => _streams.Count(static stream => stream.Key.IsWaiting);

    /// <summary>Adds a stream; false if the app stops.</summary>
    public bool TryAdd(EventStreamResponse stream)
    {
        _streams.TryAdd(stream, true);
        if (_isDraining)
        {
            Remove(stream);
            return false;
        }

        return true;
    }

    public void Remove(EventStreamResponse stream)
    {
        _streams.TryRemove(stream, out _);
        if (_isDraining && _streams.IsEmpty)
        {
            _allEnded.TrySetResult();
        }
    }

    /// <summary>The reconnection time that one client is given when it is sent away: random, so that they do not come back together.</summary>
    public TimeSpan RandomRetry() => Options.DrainRetry * (1 + (4 * Random.Shared.NextDouble()));

    /// <summary>Opens no more streams.</summary>
    public void BeginDraining() => _isDraining = true;

    /// <summary>
    /// Ends every stream, spread over the drain window, and cuts those that do not come to an end, or that are left when <paramref name="hurry"/> is cancelled.
    /// </summary>
    public async Task DrainAsync(CancellationToken hurry)
    {
        EventStreamLog.Draining(Logger, _streams.Count, Options.DrainWindow);
        foreach (EventStreamResponse stream in _streams.Keys)
        {
            stream.End();
        }

        if (_streams.IsEmpty)
        {
            return;
        }

        try
        {
            await _allEnded.Task.WaitAsync(Options.DrainWindow + Grace, Time, hurry);
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            EventStreamLog.Cut(Logger, _streams.Count);
            foreach (EventStreamResponse stream in _streams.Keys)
            {
                stream.Abort();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        await _ticking;
        _stopped.Dispose();
    }

    private async Task TickAsync(TimeSpan tick)
    {
        using var timer = new PeriodicTimer(tick, Time);
        var wakeUps = new WakeUps();
        try
        {
            while (await timer.WaitForNextTickAsync(_stopped.Token))
            {
                long now = Time.GetTimestamp();
                DateTimeOffset timeOfDay = Time.GetUtcNow();
                foreach (KeyValuePair<EventStreamResponse, bool> stream in _streams)
                {
                    stream.Key.Tick(now, timeOfDay, wakeUps);
                }

                wakeUps.Flush();
            }
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
            // The app is gone: the normal end.
        }
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
