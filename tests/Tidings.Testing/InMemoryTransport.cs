using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Tidings.Testing;

/// <summary>
/// Connections between a real Kestrel and a client in the same process, without sockets or ports. A client that does not read holds the server back after
/// <see cref="BufferBytes"/>, exactly and at once, where a socket would hide it behind the kernel's buffers.
/// </summary>
public sealed class InMemoryTransport : IConnectionListenerFactory
{
    private readonly ConcurrentDictionary<int, Listener> _listeners = new();

    /// <summary>How many bytes may wait in each direction of a connection. Default 64 KiB.</summary>
    public int BufferBytes { get; set; } = 64 * 1024;

    /// <summary>The address that clients seem to come from. Default: this machine.</summary>
    public IPAddress ClientAddress { get; set; } = IPAddress.Loopback;

    /// <inheritdoc />
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var listener = new Listener(endpoint);
        _listeners[((IPEndPoint)endpoint).Port] = listener;
        return ValueTask.FromResult<IConnectionListener>(listener);
    }

    /// <summary>Connects to the server that listens on <paramref name="port"/>.</summary>
    /// <exception cref="IOException">Nobody listens there, or not any more.</exception>
    public Stream Connect(int port)
    {
        var options = new PipeOptions(pauseWriterThreshold: BufferBytes, resumeWriterThreshold: BufferBytes / 2, useSynchronizationContext: false);
        var toServer = new Pipe(options);
        var toClient = new Pipe(options);
        var connection = new Connection(toServer.Reader, new CuttableWriter(toClient.Writer))
        {
            LocalEndPoint = new IPEndPoint(IPAddress.Loopback, port),
            RemoteEndPoint = new IPEndPoint(ClientAddress, 40000),
        };
        if (!_listeners.TryGetValue(port, out Listener? listener) || !listener.TryAccept(connection))
        {
            throw new IOException($"Nobody listens on port {port}.");
        }

        return new ClientStream(toClient.Reader.AsStream(), toServer.Writer.AsStream(), connection.FireClosed);
    }

    private sealed class Listener(EndPoint endpoint) : IConnectionListener
    {
        private readonly Channel<ConnectionContext> _incoming = Channel.CreateUnbounded<ConnectionContext>();

        public EndPoint EndPoint => endpoint;

        public bool TryAccept(ConnectionContext connection) => _incoming.Writer.TryWrite(connection);

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await _incoming.Reader.WaitToReadAsync(cancellationToken))
            {
                if (_incoming.Reader.TryRead(out ConnectionContext? connection))
                {
                    return connection;
                }
            }

            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _incoming.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }

    private sealed class DuplexPipe(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }

    /// <summary>What the server writes to. It may be cut while the server writes, as a socket may: what is written then goes nowhere.</summary>
    private sealed class CuttableWriter(PipeWriter output) : PipeWriter
    {
        private readonly Lock _gate = new();
        private bool _isCut; // Guarded by _gate.

        public override bool CanGetUnflushedBytes => output.CanGetUnflushedBytes;

        public override long UnflushedBytes => output.UnflushedBytes;

        public void Cut(Exception reason)
        {
            lock (_gate)
            {
                _isCut = true;
                output.CancelPendingFlush();
                output.Complete(reason);
            }
        }

        public override Memory<byte> GetMemory(int sizeHint = 0)
        {
            lock (_gate)
            {
                return _isCut ? new byte[Math.Max(sizeHint, 4096)] : output.GetMemory(sizeHint);
            }
        }

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override void Advance(int bytes)
        {
            lock (_gate)
            {
                if (!_isCut)
                {
                    output.Advance(bytes);
                }
            }
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            lock (_gate)
            {
                return _isCut ? ValueTask.FromResult(new FlushResult(isCanceled: false, isCompleted: true)) : output.FlushAsync(cancellationToken);
            }
        }

        public override void CancelPendingFlush() => output.CancelPendingFlush();

        public override void Complete(Exception? exception = null)
        {
            lock (_gate)
            {
                output.Complete(exception);
            }
        }
    }

    private sealed class Connection : DefaultConnectionContext
    {
        private readonly CancellationTokenSource _closed = new();
        private readonly CuttableWriter _toClient;

        public Connection(PipeReader fromClient, CuttableWriter toClient)
            : base(Guid.NewGuid().ToString("N"))
        {
            Transport = new DuplexPipe(fromClient, toClient);
            Application = Transport;
            _toClient = toClient;
            ConnectionClosed = _closed.Token;
            Features.Set<IMemoryPoolFeature>(BlockPool.Feature);
        }

        public override void Abort(ConnectionAbortedException abortReason)
        {
            _toClient.Cut(new IOException("The server has cut the connection.", abortReason));
            FireClosed();
        }

        /// <summary>Tells Kestrel that the connection is gone; never on the stack of whoever closed it.</summary>
        public void FireClosed() => ThreadPool.UnsafeQueueUserWorkItem(static closed => closed.Cancel(), _closed, preferLocal: false);

        public override async ValueTask DisposeAsync()
        {
            // Whoever still writes to the server is told that nobody reads any more.
            await Transport.Input.CompleteAsync();
            await Transport.Output.CompleteAsync();
            await base.DisposeAsync();
        }
    }

    /// <summary>Kestrel counts on a pool that never hands out less than a block, as those of the socket transports do.</summary>
    private sealed class BlockPool : MemoryPool<byte>, IMemoryPoolFeature
    {
        private const int BlockBytes = 4096;

        public static BlockPool Feature { get; } = new();

        public override int MaxBufferSize => BlockBytes;

        MemoryPool<byte> IMemoryPoolFeature.MemoryPool => this;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => Shared.Rent(Math.Max(minBufferSize, BlockBytes));

        protected override void Dispose(bool disposing)
        {
        }
    }

    private sealed class ClientStream(Stream input, Stream output, Action close) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            input.ReadAsync(buffer, cancellationToken);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            input.ReadAsync(buffer, offset, count, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            output.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            output.WriteAsync(buffer, offset, count, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

        public override void Flush() => output.Flush();

        public override int Read(byte[] buffer, int offset, int count) => input.Read(buffer, offset, count);

        public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                input.Dispose();
                output.Dispose();
                close();
            }

            base.Dispose(disposing);
        }
    }
}
