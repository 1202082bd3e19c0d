using System.Net.Sockets;
using System.Text;

namespace Tidings.Faults.Tests.Load;

/// <summary>A client that asks for everything and never reads: its window is closed as soon as its small buffer is full.</summary>
internal sealed class SlowReader : IDisposable
{
    private const int BufferBytes = 4096;

    private readonly Socket _socket;

    private SlowReader(Socket socket) => _socket = socket;

    public static async Task<SlowReader> OpenAsync(Uri hub)
    {
        // Before connecting: afterwards the kernel has told the server its usual window.
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = BufferBytes };
        await socket.ConnectAsync(hub.Host, hub.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {hub.AbsolutePath}?match=* HTTP/1.1\r\nHost: {hub.Authority}\r\n\r\n"));
        await socket.ReceiveAsync(new byte[1], SocketFlags.Peek); // it listens when its stream has begun, and what has come stays where it is
        socket.Blocking = false;
        return new SlowReader(socket);
    }

    /// <summary>
    /// Whether the server has closed the connection. The end of the stream waits behind data that is never read, so it is asked by sending what a server ignores before
    /// a request: a connection that is gone answers with a reset, which the next question finds.
    /// </summary>
    public bool IsClosed()
    {
        try
        {
            _socket.Send("\r\n"u8);
            return false;
        }
        catch (SocketException failure) when (failure.SocketErrorCode is SocketError.WouldBlock)
        {
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    public void Dispose() => _socket.Dispose();
}
