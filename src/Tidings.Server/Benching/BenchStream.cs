using System.Net;

namespace Tidings.Server;

/// <summary>One open stream: reads the lines of events and nothing more of them than the payload.</summary>
internal sealed class BenchStream : LoopConnection
{
    // Beside the payload a line of interest has a field's name.
    private const int MaxNameBytes = 64;

    private readonly StreamTally _tally;
    private readonly BenchPayload _payload;
    private readonly int _maxLineBytes;
    private byte[] _line = [];
    private int _lineLength;
    private long _began;

    public BenchStream(SocketLoop loop, EndPoint server, StreamTally tally, BenchPayload payload, StreamCheck check)
        : base(loop, server)
    {
        _tally = tally;
        _payload = payload;
        _maxLineBytes = payload.Bytes + MaxNameBytes;
        Check = check;
    }

    public StreamCheck Check { get; }

    /// <summary>Whether the server has answered with a stream.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Whether an event of any kind has come.</summary>
    public bool IsListening { get; private set; }

    /// <summary>Whether an event has come that was published after all that counts.</summary>
    public bool HasSeenEnd { get; private set; }

    public bool IsClosed { get; private set; }

    /// <summary>From the beginning of the connection to the first byte of the answer.</summary>
    public long OpenedWithin { get; private set; }

    public void Open(byte[] request)
    {
        _began = SocketLoop.Now();
        Connect();
        Send(request);
    }

    protected override void OnReceived(ReadOnlySpan<byte> bytes, long now)
    {
        while (!bytes.IsEmpty && !Answer.IsComplete)
        {
            ReadOnlySpan<byte> body = Answer.ReadBody(ref bytes);
            if (!IsOpen && Answer.Status != 0)
            {
                Accept(now);
            }

            ReadLines(body, now);
        }

        if (Answer.IsComplete)
        {
            Dispose();
            OnClosed();
        }
    }

    protected override void OnClosed()
    {
        IsClosed = true;
        _tally.Closed++;
        if (!IsOpen)
        {
            throw new BenchException(ExitCode.Connection, "The server closed a connection instead of opening a stream. Has it room for so many?");
        }
    }

    private void Accept(long now)
    {
        if (Answer.Status != 200)
        {
            throw BenchPublisher.Refused("open a stream", Answer.Status);
        }

        IsOpen = true;
        OpenedWithin = now - _began;
        _tally.Opened++;
    }

    private void ReadLines(ReadOnlySpan<byte> body, long now)
    {
        int end = body.IndexOf((byte)'\n');
        if (_lineLength > 0 && end >= 0)
        {
            Keep(body[..end]);
            ReadLine(_line.AsSpan(0, _lineLength), now);
            _lineLength = 0;
            body = body[(end + 1)..];
            end = body.IndexOf((byte)'\n');
        }

        while (end >= 0)
        {
            ReadLine(body[..end], now);
            body = body[(end + 1)..];
            end = body.IndexOf((byte)'\n');
        }

        Keep(body);
    }

    // The beginning of a line that goes on in bytes to come. Of a line that is too long to be ours the rest does not matter.
    private void Keep(ReadOnlySpan<byte> part)
    {
        int count = Math.Min(part.Length, _maxLineBytes - _lineLength);
        if (count <= 0)
        {
            return;
        }

        if (_line.Length < _lineLength + count)
        {
            Array.Resize(ref _line, Math.Min(_maxLineBytes, Math.Max(_lineLength + count, 2 * _line.Length)));
        }

        part[..count].CopyTo(_line.AsSpan(_lineLength));
        _lineLength += count;
    }

    // HTML 9.2.6: a field is a name, a colon and one optional space. A server that ends lines with CR alone is not measured.
    private void ReadLine(ReadOnlySpan<byte> line, long now)
    {
        if (line.StartsWith("data:"u8))
        {
            ReadOnlySpan<byte> data = line["data:".Length..];
            data = data is [(byte)' ', ..] ? data[1..] : data;
            ReadData(data is [.., (byte)'\r'] ? data[..^1] : data, now);
        }
        else if (line.StartsWith("event: tidings-gap"u8))
        {
            _tally.ToldGaps++;
        }
    }

    private void ReadData(ReadOnlySpan<byte> data, long now)
    {
        if (!_payload.TryRead(data, out int publisher, out int number, out long intended))
        {
            _tally.Foreign++;
            return;
        }

        if (!IsListening)
        {
            IsListening = true;
            _tally.Listening++;
        }

        if (publisher == BenchPayload.Announcer)
        {
            HasSeenEnd |= number == BenchPayload.Closing;
            return;
        }

        Check.Add(publisher, number);
        _tally.Deliveries++;
        _tally.LastDelivery = now;
        if (intended >= _tally.MeasuredFrom)
        {
            _tally.Latency.Record(now - intended);
        }
    }
}
