using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Tidings;

/// <summary>Where the bytes of one stream go. One writer at a time, who does not write while a flush is under way.</summary>
internal abstract class StreamOutput
{
    public abstract void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Hands over what was written; completed means that the client has left.</summary>
    public abstract ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken);
}

/// <summary>The response's own body, for any server, protocol and middleware.</summary>
internal sealed class PipeOutput(PipeWriter body) : StreamOutput
{
    public override void Write(ReadOnlySpan<byte> bytes) => body.Write(bytes);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken) => body.FlushAsync(cancellationToken);
}

/// <summary>
/// The connection's output, past the server's: one call of the kernel for all that is at hand. Each flush is a chunk of the response (RFC 9112, 7.1), which the server began and ends; in between it
/// writes nothing.
/// </summary>
internal sealed class ChunkedOutput : StreamOutput
{
    private const int LongestHead = 10; // The length of the chunk in hexadecimal digits, and a line end.

    private readonly SocketOutput _connection;
    private bool _isOpen; // Whether there is a chunk that is not flushed.

    private ChunkedOutput(SocketOutput connection) => _connection = connection;

    /// <summary>
    /// The output of the request's connection; null if it cannot be written past the server: another protocol than HTTP/1.1, TLS or another layer above the socket, a middleware that
    /// takes the response's body, or a server that has something to send still.
    /// </summary>
    public static ChunkedOutput? TryMake(HttpContext context) =>
        HttpProtocol.IsHttp11(context.Request.Protocol)
        && context.Response.Headers.TransferEncoding == "chunked"
        && context.Features.Get<IHttpResponseBodyFeature>()?.GetType().Assembly == typeof(KestrelServer).Assembly
        && context.Features.Get<IConnectionTransportFeature>()?.Transport.Output is SocketOutput { UnflushedBytes: 0 } connection
            ? new ChunkedOutput(connection)
            : null;

    public override void Write(ReadOnlySpan<byte> bytes)
    {
        if (!_isOpen)
        {
            _isOpen = true;
            _connection.GetSpan(LongestHead + bytes.Length);
            _connection.Advance(LongestHead);
        }

        _connection.Write(bytes);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken)
    {
        if (_isOpen)
        {
            _isOpen = false;
            CloseChunk();
        }

        return _connection.FlushAsync(cancellationToken);
    }

    // The head stands right before the data, however many digits it has.
    private void CloseChunk()
    {
        Span<byte> head = stackalloc byte[LongestHead];
        (_connection.Unflushed.Length - LongestHead).TryFormat(head, out int digits, "X", CultureInfo.InvariantCulture);
        LineEnd.CopyTo(head[digits..]);
        int length = digits + LineEnd.Length;
        head[..length].CopyTo(_connection.Unflushed[(LongestHead - length)..]);
        _connection.SkipFirst(LongestHead - length);
        _connection.Write(LineEnd);
    }

    private static ReadOnlySpan<byte> LineEnd => "\r\n"u8;
}
