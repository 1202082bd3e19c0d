using Tidings.Client.Decoding;
using Tidings.Client.Diagnostics;

namespace Tidings.Client.Connecting;

/// <summary>An open connection: the response, its stream, and the watchdog over it. Read by the reader's own flow; disposed from any thread.</summary>
internal sealed class OpenStream : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly EventStreamInput _input;
    private readonly TimeSpan? _idleTimeout;
    private readonly CancellationToken _stop;
    private readonly CancellationTokenSource _idle;
    private readonly CancellationTokenSource _stopOrIdle;
    private readonly CancellationTokenRegistration _cut;
    private int _disposed;

    public OpenStream(HttpResponseMessage response, EventStreamInput input, string origin, EventSourceOptions options, CancellationToken stop)
    {
        _response = response;
        _input = input;
        Origin = origin;
        _idleTimeout = options.IdleTimeout;
        _stop = stop;
        _idle = new CancellationTokenSource(Timeout.InfiniteTimeSpan, options.TimeProvider);
        _stopOrIdle = CancellationTokenSource.CreateLinkedTokenSource(stop, _idle.Token);
        ClientTelemetry.StreamOpened();

        // Close() cuts the connection also while the reader is busy elsewhere.
        _cut = stop.UnsafeRegister(static stream => ((OpenStream)stream!).Dispose(), this);
    }

    public string Origin { get; }

    public EventStreamInput Input => _input;

    /// <summary>Waits for bytes.</summary>
    /// <returns>Null when there are some; otherwise why the stream is over.</returns>
    public async ValueTask<EventSourceError?> ReceiveAsync()
    {
        try
        {
            if (_idleTimeout is { } idleTimeout)
            {
                _idle.CancelAfter(idleTimeout);
            }

            bool more = await _input.FillAsync(_stopOrIdle.Token).ConfigureAwait(false);
            if (_idleTimeout is not null)
            {
                _idle.CancelAfter(Timeout.InfiniteTimeSpan); // The reader's own time does not count.
            }

            if (more)
            {
                return null;
            }

            // A response that the cut has disposed of reads like one that is over.
            _stop.ThrowIfCancellationRequested();
            return new EventSourceError(EventSourceErrorReason.StreamEnded, "The server ended the stream.");
        }
        catch (OperationCanceledException) when (_idle.IsCancellationRequested && !_stop.IsCancellationRequested)
        {
            return new EventSourceError(EventSourceErrorReason.IdleTimeout, $"No byte came for {_idleTimeout}.");
        }
        catch (Exception e) when (e is IOException or HttpRequestException or ObjectDisposedException)
        {
            // Disposed by the cut above: not a loss but the caller's wish.
            _stop.ThrowIfCancellationRequested();
            return new EventSourceError(EventSourceErrorReason.StreamLost, $"The connection broke: {e.GetBaseException().Message}", exception: e);
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _cut.Unregister();
        _response.Dispose();
        _stopOrIdle.Dispose();
        _idle.Dispose();
        ClientTelemetry.StreamClosed();
    }
}
