using System.Net;
using System.Net.Sockets;

namespace Tidings.Server.Tests.Nodes;

/// <summary>Ports of this machine for what a document starts at fixed ones.</summary>
internal static class Ports
{
    /// <summary>Finds ports that nobody listens at.</summary>
    public static int[] Free(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        foreach (TcpListener listener in listeners)
        {
            listener.Start();
        }

        // All at once, so that none is found twice.
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        foreach (TcpListener listener in listeners)
        {
            listener.Dispose();
        }

        return ports;
    }
}
