using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tidings.Client.Connecting;

/// <summary>
/// A handler that sends each request once. Left alone, <see cref="SocketsHttpHandler"/> repeats a request without a body, up to
/// three times and without a word, when the server closes the connection before it answered: on a pooled connection, and on a new one
/// too. The server would see attempts that no reconnection time separates and that the caller never hears of.
/// </summary>
internal static class OneRequest
{
    private static readonly HttpRequestOptionsKey<bool> HasConnection = new("Tidings.Client.HasConnection");

    public static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.Zero, // No connection serves twice, so none is stale.
        MaxResponseDrainSize = 0, // An abandoned stream is cut at once; it has no end to read on to.
        ResponseDrainTimeout = TimeSpan.Zero,
        ConnectCallback = ConnectAsync,
        RequestHeaderEncodingSelector = static (name, _) => IsLastEventId(name) ? Encoding.UTF8 : null,
        ResponseHeaderEncodingSelector = static (name, _) => name.Equals("Location", StringComparison.OrdinalIgnoreCase) ? Encoding.UTF8 : null,
    };

    // HTML 9.2.3: the header's value is the "last event ID string, encoded as UTF-8".
    private static bool IsLastEventId(string name) => name.Equals("Last-Event-ID", StringComparison.OrdinalIgnoreCase);

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        HttpRequestOptions request = context.InitialRequestMessage.Options;
        if (request.TryGetValue(HasConnection, out _))
        {
            throw new IOException("The server closed the connection before it answered.");
        }

        request.Set(HasConnection, true);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
