using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Tidings.Server;

/// <summary>
/// Kestrel's sockets, of which no more are accepted than may be open; whoever comes then waits in the system's queue until one is closed. Kestrel's own limit accepts first and closes afterwards: in
/// a rush that is hundreds of sockets too many for a moment, and a moment is enough (<see cref="OpenFiles"/>).
/// </summary>
internal sealed class BoundedSockets(ConnectionLimits limits, IOptions<SocketTransportOptions> options, ILoggerFactory loggers, TimeProvider time)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector, IDisposable
{
    private readonly DirectSockets _sockets = new(options, loggers);
    private readonly ConnectionRoom _room = new(limits.MaxConnections ?? int.MaxValue, loggers.CreateLogger<ConnectionRoom>(), time);

    public bool CanBind(EndPoint endpoint) => _sockets.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new BoundedListener(await _sockets.BindAsync(endpoint, cancellationToken), _room);

    public void Dispose() => _room.Dispose();
}
