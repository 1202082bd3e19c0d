using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Tidings.Server;

/// <summary>Accepts connections while there is room for them. One loop of Kestrel's accepts.</summary>
internal sealed class BoundedListener(IConnectionListener inner, ConnectionRoom room) : IConnectionListener
{
    private readonly CancellationTokenSource _unbinding = new();

    public EndPoint EndPoint => inner.EndPoint;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(_unbinding.Token, cancellationToken);
            await room.EnterAsync(waiting.Token);
        }
        catch (OperationCanceledException) when (_unbinding.IsCancellationRequested)
        {
            return null;
        }

        ConnectionContext? connection = null;
        try
        {
            connection = await inner.AcceptAsync(cancellationToken);
        }
        finally
        {
            if (connection is null)
            {
                room.Leave();
            }
        }

        return connection is null ? null : new Guest(connection, room);
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        await _unbinding.CancelAsync();
        await inner.UnbindAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        _unbinding.Dispose();
    }

    /// <summary>A connection that gives its place back when its socket is closed.</summary>
    private sealed class Guest(ConnectionContext inner, ConnectionRoom room) : ConnectionContext
    {
        private int _hasLeft; // Changed by Interlocked.

        public override IDuplexPipe Transport
        {
            get => inner.Transport;
            set => inner.Transport = value;
        }

        public override string ConnectionId
        {
            get => inner.ConnectionId;
            set => inner.ConnectionId = value;
        }

        public override IFeatureCollection Features => inner.Features;

        public override IDictionary<object, object?> Items
        {
            get => inner.Items;
            set => inner.Items = value;
        }

        public override CancellationToken ConnectionClosed
        {
            get => inner.ConnectionClosed;
            set => inner.ConnectionClosed = value;
        }

        public override EndPoint? LocalEndPoint
        {
            get => inner.LocalEndPoint;
            set => inner.LocalEndPoint = value;
        }

        public override EndPoint? RemoteEndPoint
        {
            get => inner.RemoteEndPoint;
            set => inner.RemoteEndPoint = value;
        }

        public override void Abort(ConnectionAbortedException abortReason) => inner.Abort(abortReason);

        public override async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            await base.DisposeAsync();
            if (Interlocked.Exchange(ref _hasLeft, 1) == 0)
            {
                room.Leave();
            }
        }
    }
}
