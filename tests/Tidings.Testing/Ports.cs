using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Tidings.Testing;

/// <summary>Ports of this machine for what has to be found at the same one again.</summary>
/// <remarks>Safe for use from several threads.</remarks>
public static class Ports
{
    private const int Lowest = 10_000; // below are those of well-known services
    private const int Attempts = 1000;

    // Connections that go out are given ports from here on. One of them would take the port of a server that is away for a moment.
    private static readonly int End = FirstOfConnections();

    private static readonly Lock Gate = new();
    private static readonly Dictionary<int, Socket> Given = []; // With what holds each. Guarded by Gate.

    /// <summary>Finds ports that nobody listens at, and that nothing else is given by chance; each is given once.</summary>
    public static int[] Free(int count) => [.. Enumerable.Range(0, count).Select(_ => One())];

    private static int One()
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            int port = Random.Shared.Next(Lowest, End);
            lock (Gate)
            {
                if (Hold(port) is not { } held)
                {
                    continue;
                }

                if (IsFree(port) && Given.TryAdd(port, held))
                {
                    return port;
                }

                held.Dispose();
            }
        }

        throw new InvalidOperationException($"Of the ports from {Lowest} to {End - 1} none was free in {Attempts} attempts.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // A port is given before anybody listens at it, and other test programs choose at the same time. Whoever has the name of a port has the port until its process ends, and alone looks whether it is free.
    private static Socket? Hold(int port)
    {
        var held = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (OperatingSystem.IsLinux())
            {
                held.Bind(new UnixDomainSocketEndPoint(string.Create(CultureInfo.InvariantCulture, $"\0tidings-tests-port-{port}"))); // no file: the name goes with the socket
            }

            return held;
        }
        catch (SocketException)
        {
            held.Dispose();
            return null;
        }
    }

    private static int FirstOfConnections()
    {
        const int Usual = 32_768;
        const string Setting = "/proc/sys/net/ipv4/ip_local_port_range";
        int first = File.Exists(Setting) ? int.Parse(File.ReadAllText(Setting).Split('\t')[0], CultureInfo.InvariantCulture) : Usual;
        return first > Lowest + Attempts ? first : Usual; // a machine that gives connections every port leaves it to chance
    }
}
