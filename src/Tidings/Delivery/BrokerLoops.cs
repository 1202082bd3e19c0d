using Microsoft.Extensions.Logging;

namespace Tidings;

/// <summary>What runs in a broker: the loop that writes to its log, the one that follows the log, and the one that dispatches. They start together and once, and end in the order of what flows through them.</summary>
/// <remarks>Safe for use from several threads.</remarks>
internal sealed class BrokerLoops(IEventLog log, LogWriter writer, LogTail tail, Dispatcher dispatcher, ILogger logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private Task? _started; // Guarded by _gate.
    private Task? _drained; // Guarded by _gate.
    private Task? _ended; // Guarded by _gate.
    private Task _writing = Task.CompletedTask;
    private Task _tailing = Task.CompletedTask;
    private Task _dispatching = Task.CompletedTask;

    /// <inheritdoc cref="Broker.StartAsync"/>
    /// <exception cref="ObjectDisposedException">The broker has been disposed of.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource started;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_ended is not null, typeof(Broker));
            if (_started is not (null or { IsFaulted: true } or { IsCanceled: true }))
            {
                return _started;
            }

            // A log that could not be reached once may be reached the next time.
            started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _started = started.Task;
        }

        // Outside the lock: the log may be the user's own.
        return StartOnceAsync(started, cancellationToken);
    }

    /// <inheritdoc cref="Broker.DrainAsync"/>
    public Task DrainAsync()
    {
        lock (_gate)
        {
            return _drained ??= Task.Run(DrainOnceAsync);
        }
    }

    /// <summary>Ends all: publishes that wait are stored, streams are closed wherever they are. Calling it again waits for the same end.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            return new ValueTask(_ended ??= Task.Run(EndAsync));
        }
    }

    private async Task StartOnceAsync(TaskCompletionSource started, CancellationToken cancellationToken)
    {
        try
        {
            LogPosition position = await log.GetPositionAsync(cancellationToken).ConfigureAwait(false);
            dispatcher.LiveOnlyUnknownThrough = position.Last;
            _dispatching = RunAsync("dispatcher", () => dispatcher.RunAsync(position.Last));

            // Before anything is stored: a log that keeps little must not have passed its follower before that has begun.
            Task tailing = tail.RunAsync(position.Last, _stopping.Token);
            _tailing = RunAsync("tail", () => tailing);
            _writing = RunAsync("writer", writer.RunAsync);
            BrokerLog.Started(logger, position.Epoch, position.Floor, position.Last);
            started.SetResult();
        }
        catch (Exception failure)
        {
            started.SetException(failure);
        }

        await started.Task.ConfigureAwait(false);
    }

    private async Task RunAsync(string name, Func<Task> loop)
    {
        try
        {
            await Task.Run(loop, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            // No loop is written to fail. Should one do it all the same, streams end rather than stay open and silent.
            BrokerLog.LoopFailed(logger, failure, name);
            writer.Complete();
            dispatcher.Stop();
        }
    }

    private async Task DrainOnceAsync()
    {
        await StartAsync(CancellationToken.None).ConfigureAwait(false);
        writer.Complete();
        await _writing.ConfigureAwait(false);
        LogPosition position = await log.GetPositionAsync(CancellationToken.None).ConfigureAwait(false);
        await dispatcher.DrainAsync(position.Last).ConfigureAwait(false);
        BrokerLog.Drained(logger, position.Last);
    }

    private async Task EndAsync()
    {
        Task started;
        lock (_gate)
        {
            started = _started ?? Task.CompletedTask;
        }

        // The loops of a start that is still under way would otherwise begin after the end. Whether it succeeds does not matter here.
        await started.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        writer.Complete();
        await _writing.ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _tailing.ConfigureAwait(false);
        dispatcher.Stop();
        await _dispatching.ConfigureAwait(false);
        _stopping.Dispose();
    }
}
