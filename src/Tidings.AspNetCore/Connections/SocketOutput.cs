using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Tidings;

/// <summary>
/// The output of one connection, straight to its socket: a flush is a call of the kernel on the thread that flushes, not a message to another one. What the kernel does not take at once is sent as
/// it does, and the flush ends with it: nothing of a connection is kept but what its flush waits for.
/// </summary>
/// <remarks>As any <see cref="PipeWriter"/> it has one writer at a time, who does not write while a flush is under way. <see cref="Complete"/> may come at any time.</remarks>
internal sealed class SocketOutput(Socket socket, PipeWriter inner) : PipeWriter
{
    private const int SmallestBuffer = 4096;
    private const int Sending = 1;
    private const int Completed = 2;

    private byte[] _buffer = []; // Rented while something is unflushed.
    private int _skipped; // So many bytes at its beginning are not sent.
    private int _written;
    private bool _isBroken; // The other side is gone, or has said that it reads no more.
    private int _state; // Of the two below, changed by Interlocked.

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _written - _skipped;

    /// <summary>What was written since the last flush.</summary>
    public Span<byte> Unflushed => _buffer.AsSpan(0, _written);

    /// <summary>Leaves out so many of the first unflushed bytes.</summary>
    public void SkipFirst(int bytes) => _skipped = bytes;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsMemory(_written);
    }

    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsSpan(_written);
    }

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)bytes, (uint)(_buffer.Length - _written), nameof(bytes));
        _written += bytes;
    }

    // The token is not looked at: bytes of which some are sent cannot be taken back. A connection that is aborted closes its socket, and that ends the send.
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_written == 0 || _isBroken)
        {
            Release();
            return ValueTask.FromResult(Result());
        }

        int sent = _skipped + SendNow(_buffer.AsSpan(_skipped, _written - _skipped));
        if (sent == _written || _isBroken)
        {
            Release();
            return ValueTask.FromResult(Result());
        }

        return SendRestAsync(sent);
    }

    public override void CancelPendingFlush()
    {
        // Whoever waits for a flush waits for the kernel; see FlushAsync.
    }

    public override void Complete(Exception? exception = null)
    {
        // What was flushed is still sent, as a pipe would.
        if (Interlocked.Or(ref _state, Completed) == 0)
        {
            Finish();
        }
    }

    private FlushResult Result() => new(isCanceled: false, isCompleted: _isBroken);

    private int SendNow(ReadOnlySpan<byte> bytes)
    {
        try
        {
            int sent = socket.Send(bytes, SocketFlags.None, out SocketError error);
            _isBroken = error is not (SocketError.Success or SocketError.WouldBlock);
            return _isBroken ? 0 : sent;
        }
        catch (ObjectDisposedException)
        {
            _isBroken = true;
            return 0;
        }
    }

    private async ValueTask<FlushResult> SendRestAsync(int sent)
    {
        Interlocked.Or(ref _state, Sending);
        try
        {
            while (sent < _written)
            {
                sent += await socket.SendAsync(_buffer.AsMemory(sent, _written - sent), SocketFlags.None).ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            _isBroken = true;
        }

        Release();
        if ((Interlocked.And(ref _state, ~Sending) & Completed) != 0)
        {
            Finish();
        }

        return Result();
    }

    private void Finish()
    {
        Release();
        inner.Complete();
    }

    private void Release()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }

        _written = 0;
        _skipped = 0;
    }

    private void Reserve(int sizeHint)
    {
        int wanted = _written + Math.Max(1, sizeHint);
        if (wanted <= _buffer.Length)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(SmallestBuffer, Math.Max(wanted, 2 * _written)));
        _buffer.AsSpan(0, _written).CopyTo(larger);
        int written = _written;
        Release();
        _buffer = larger;
        _written = written;
    }
}
