using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Tidings;

/// <summary>How Kestrel serves many event streams at less cost.</summary>
public static class TidingsWebHostBuilderExtensions
{
    /// <summary>
    /// Has Kestrel hand what is flushed to the operating system at once, on the thread that flushes, and lets event streams over HTTP/1.1 without TLS write past the server's own output. A delivery to
    /// a stream that keeps up costs about half as much processor time. Default: Kestrel's own sockets; <c>tidings serve</c> always does this.
    /// </summary>
    /// <remarks>
    /// Replaces the socket transport for all connections of the app, with <c>SocketTransportOptions</c> as they are configured. Nothing of a response is kept but what its flush waits for:
    /// <c>MaxResponseBufferSize</c> has no effect. A transport that is registered after this call is used instead.
    /// </remarks>
    /// <returns>The builder.</returns>
    public static IWebHostBuilder UseTidingsSockets(this IWebHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices(services => services.AddSingleton<IConnectionListenerFactory, DirectSockets>());
    }
}
