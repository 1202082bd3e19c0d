using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Tidings;

/// <summary>
/// Reads the events of an application's own enumerable, a few ahead of the client at most. Ends with the enumerable; when the client leaves, the
/// enumerable is cancelled and disposed of.
/// </summary>
internal sealed class EnumerableFrameReader<T> : IFrameReader, IAsyncDisposable
{
    // So many events may be made before the client has read the first of them.
    private const int Ahead = 16;

    private readonly Channel<ReadOnlyMemory<byte>> _frames = Channel.CreateBounded<ReadOnlyMemory<byte>>(
        new BoundedChannelOptions(Ahead) { SingleReader = true });

    private readonly CancellationTokenSource _closed = new();
    private readonly ILogger _logger;
    private readonly Task _pumping;

    public EnumerableFrameReader(IAsyncEnumerable<T> events, Func<T, ServerEvent> toEvent, ILogger logger)
    {
        _logger = logger;
        _pumping = Task.Run(() => PumpAsync(events, toEvent));
    }

    public ValueTask<bool> WaitToReadAsync() => _frames.Reader.WaitToReadAsync();

    public bool TryRead(out ReadOnlyMemory<byte> frame) => _frames.Reader.TryRead(out frame);

    // An empty frame ends the wait and writes nothing. If there is no room for it, there is something to read anyway.
    public void Wake() => _frames.Writer.TryWrite(default);

    public void Close()
    {
        _frames.Writer.TryComplete();
        try
        {
            _closed.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Closed and disposed of already.
        }
    }

    public async ValueTask DisposeAsync()
    {
        Close();
        await _pumping;
        _closed.Dispose();
    }

    private async Task PumpAsync(IAsyncEnumerable<T> events, Func<T, ServerEvent> toEvent)
    {
        try
        {
            await foreach (T item in events.WithCancellation(_closed.Token))
            {
                await _frames.Writer.WriteAsync(SseFrame.Encode(toEvent(item)), _closed.Token);
            }
        }
        catch (Exception) when (_closed.IsCancellationRequested)
        {
            // The client left or the app stops: whatever the enumerable makes of its cancellation is the normal end.
        }
        catch (Exception failure)
        {
            EventStreamLog.SourceFailed(_logger, failure);
        }
        finally
        {
            _frames.Writer.TryComplete();
        }
    }
}
