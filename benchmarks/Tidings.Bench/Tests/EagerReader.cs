using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tidings.Bench;

/// <summary>A reader that reads all events of a hub from the earliest on, as fast as they come, and begins again when it has them, until it is disposed of.</summary>
internal sealed class EagerReader : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;

    private EagerReader(int port, long bytes) => _reading = Task.Run(() => ReadAsync(port, bytes));

    /// <param name="port">Of the hub, on loopback.</param>
    /// <param name="bytes">How much of the stream is read before it begins again: not more than there is, or it would wait.</param>
    public static EagerReader Start(int port, long bytes) => new(port, bytes);

    /// <exception cref="SocketException">The hub has refused a connection or cut it off.</exception>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _reading;
        }
        catch (OperationCanceledException)
        {
            // The end that was asked for.
        }

        _stop.Dispose();
    }

    private async Task ReadAsync(int port, long bytes)
    {
        byte[] request = Encoding.ASCII.GetBytes($"GET /.well-known/mercure?match=*&last_event_id=earliest HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n\r\n");
        byte[] buffer = new byte[256 * 1024];
        while (true)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, port, _stop.Token);
            await socket.SendAsync(request, _stop.Token);
            long left = bytes;
            while (left > 0)
            {
                int read = await socket.ReceiveAsync(buffer, _stop.Token);
                if (read == 0)
                {
                    throw new BenchFailedException("The hub has ended a stream that replays.");
                }

                left -= read;
            }
        }
    }
}
