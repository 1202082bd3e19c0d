using System.Net;
using System.Net.Sockets;

namespace Tidings.Server;

/// <summary>One connection to the server, served by a <see cref="SocketLoop"/>.</summary>
internal abstract class LoopConnection : IDisposable
{
    private readonly EndPoint _server;
    private readonly int _number;
    private Socket? _socket;

    protected LoopConnection(SocketLoop loop, EndPoint server)
    {
        Loop = loop;
        _server = server;
        _number = loop.Register(this);
    }

    protected SocketLoop Loop { get; }

    protected HttpAnswer Answer { get; } = new();

    /// <summary>Bytes have come, or the end.</summary>
    public void OnReadable()
    {
        if (_socket is null)
        {
            return; // closed by what came before it in the same round
        }

        int count = _socket.Receive(Loop.Buffer, SocketFlags.None, out SocketError error);
        if (error == SocketError.WouldBlock)
        {
            return;
        }

        if (error != SocketError.Success || count == 0)
        {
            Dispose();
            OnClosed();
            return;
        }

        OnReceived(Loop.Buffer.AsSpan(0, count), SocketLoop.Now());
    }

    public void Dispose()
    {
        _socket?.Dispose();
        _socket = null;
    }

    /// <summary>Connects, in place of the connection that was. Blocks for as long as the server's system takes to agree, whoever it is that accepts: on the same machine some microseconds.</summary>
    protected void Connect()
    {
        Dispose();
        Answer.Reset();
        var socket = new Socket(_server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Connect(_server);
        }
        catch (SocketException failure)
        {
            socket.Dispose();
            throw new BenchException(ExitCode.Connection, $"Cannot connect to {_server}: {failure.Message}.", failure);
        }

        socket.Blocking = false;
        _socket = socket;
        Loop.Add(socket, _number);
    }

    /// <summary>Sends a request. One is under way at most, so it fits into the system's buffer.</summary>
    protected void Send(ReadOnlySpan<byte> request)
    {
        int sent = 0;
        SocketError error = SocketError.NotConnected;
        if (_socket is not null)
        {
            sent = _socket.Send(request, SocketFlags.None, out error);
        }

        if (error != SocketError.Success || sent < request.Length)
        {
            throw new BenchException(ExitCode.Connection, $"{_server} did not take a request: {(error == SocketError.Success ? "the send buffer of this system is too small" : error)}.");
        }
    }

    protected abstract void OnReceived(ReadOnlySpan<byte> bytes, long now);

    protected abstract void OnClosed();
}
