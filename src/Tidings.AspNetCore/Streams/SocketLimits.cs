using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Tidings;

/// <summary>
/// Bounds what the operating system keeps for a client that does not read, and for how long: left alone, Linux buffers megabytes for each connection, and heartbeats to a machine
/// that has vanished disappear in that buffer for a quarter of an hour. Where there is no TCP socket, or not Linux, there is nothing to bound.
/// </summary>
internal static class SocketLimits
{
    // linux/tcp.h, linux/in.h; in milliseconds.
    private const int TcpUserTimeout = 18;
    private const int TcpLevel = 6;

    public static void Apply(HttpContext context, TidingsOptions options)
    {
        if (context.Features.Get<IConnectionSocketFeature>()?.Socket is not { ProtocolType: ProtocolType.Tcp } socket)
        {
            return;
        }

        try
        {
            // On HTTP/2 other responses of the app share the connection; they may need more.
            if (HttpProtocol.IsHttp11(context.Request.Protocol))
            {
                socket.SendBufferSize = options.SendBufferBytes;
            }

            if (OperatingSystem.IsLinux())
            {
                socket.SetRawSocketOption(TcpLevel, TcpUserTimeout, BitConverter.GetBytes((int)options.DeadPeerTimeout.TotalMilliseconds));
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // The client has left already; the first write finds out.
        }
    }
}
