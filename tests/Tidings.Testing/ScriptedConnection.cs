using System.Net.Sockets;
using System.Text;

namespace Tidings.Testing;

/// <summary>One connection of a <see cref="ScriptedServer"/>.</summary>
public sealed class ScriptedConnection
{
    private const string StreamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

    private readonly Socket _socket;
    private readonly List<byte> _received = [];

    internal ScriptedConnection(Socket socket) => _socket = socket;

    /// <summary>Reads one request: its head, and its body if <c>Content-Length</c> tells of one.</summary>
    public async Task<ScriptedRequest> ReadRequestAsync()
    {
        int headLength;
        while ((headLength = HeadLength()) < 0)
        {
            await ReceiveAsync();
        }

        ScriptedRequest head = ScriptedRequest.Parse(_received.GetRange(0, headLength).ToArray());
        int bodyLength = int.TryParse(head.Header("Content-Length"), out int length) ? length : 0;
        while (_received.Count < headLength + bodyLength)
        {
            await ReceiveAsync();
        }

        byte[] body = [.. _received.GetRange(headLength, bodyLength)];
        _received.RemoveRange(0, headLength + bodyLength);
        return head with { Body = body };
    }

    /// <summary>Answers with the head of an event stream, whose end is the connection's, and <paramref name="events"/>.</summary>
    public Task OpenStreamAsync(string events = "") => SendAsync(StreamHead + events);

    /// <summary>Sends <paramref name="text"/> as UTF-8.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Sends <paramref name="bytes"/>.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int sent = await _socket.SendAsync(bytes).AsTask().WaitAsync(Hang.Limit);
            bytes = bytes[sent..];
        }
    }

    /// <summary>Ends the connection in order (FIN). What was sent before still arrives.</summary>
    public void Close()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The other side was first.
        }

        _socket.Dispose();
    }

    /// <summary>Breaks the connection (RST).</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Dispose();
    }

    /// <summary>Waits until the other side has closed, and forgets what it sent before.</summary>
    public async Task WaitForCloseAsync()
    {
        try
        {
            byte[] buffer = new byte[4096];
            while (await _socket.ReceiveAsync(buffer).WaitAsync(Hang.Limit) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // Reset: closed as well.
        }
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[4096];
        int read = await _socket.ReceiveAsync(buffer).WaitAsync(Hang.Limit);
        if (read == 0)
        {
            throw new IOException($"The client closed after {_received.Count} bytes of a request: {Encoding.Latin1.GetString([.. _received])}");
        }

        _received.AddRange(buffer.AsSpan(0, read));
    }

    private int HeadLength()
    {
        int end = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_received).IndexOf("\r\n\r\n"u8);
        return end < 0 ? -1 : end + 4;
    }
}
