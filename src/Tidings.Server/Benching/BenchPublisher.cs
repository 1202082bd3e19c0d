using System.Net;

namespace Tidings.Server;

/// <summary>Who decides what a publisher sends next.</summary>
internal interface IPublishSource
{
    /// <summary>The publisher's event was answered with success; it may send the next.</summary>
    void OnAnswered(BenchPublisher publisher, long now);
}

/// <summary>A connection that publishes events one after the other, each after the one before was answered.</summary>
internal sealed class BenchPublisher : LoopConnection
{
    private readonly PublishRequests _requests;
    private readonly BenchPayload _payload;
    private bool _isConnected;

    public BenchPublisher(SocketLoop loop, EndPoint server, int index, PublishRequests requests, BenchPayload payload)
        : base(loop, server)
    {
        Index = index;
        _requests = requests;
        _payload = payload;
    }

    public int Index { get; }

    /// <summary>Who is asked what comes next.</summary>
    public IPublishSource? Source { get; set; }

    /// <summary>Whether an event waits for its answer.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>When the last event was meant to be sent.</summary>
    public long Intended { get; private set; }

    public static BenchException Refused(string what, int status) => new(
        status is 401 or 403 ? ExitCode.Auth : ExitCode.Failure,
        status switch
        {
            401 or 403 => $"The server does not let you {what} (status {status}). Say who you are with --token, or start the hub in dev mode.",
            404 => $"There is nothing at this address to {what} (status 404). A hub is usually at /.well-known/mercure.",
            429 or 503 => $"The server did not {what} (status {status}): it has a limit that is lower than what this run asks for.",
            _ => $"The server did not {what} (status {status}).",
        });

    public void Send(int topic, int publisher, int number, long intended)
    {
        if (!_isConnected)
        {
            Connect();
            _isConnected = true;
        }

        byte[] request = _requests.For(topic, out int dataOffset);
        _payload.Write(request.AsSpan(dataOffset, _payload.Bytes), publisher, number, intended);
        Intended = intended;
        IsBusy = true;
        Answer.Reset();
        Send(request);
    }

    protected override void OnReceived(ReadOnlySpan<byte> bytes, long now)
    {
        while (!bytes.IsEmpty && !Answer.IsComplete)
        {
            Answer.ReadBody(ref bytes);
        }

        if (Answer.Status is not (0 or >= 200 and < 300))
        {
            throw Refused("publish", Answer.Status);
        }

        if (!Answer.IsComplete)
        {
            return;
        }

        // Servers end a connection after some thousand requests, and say so.
        _isConnected = !Answer.IsLast;
        IsBusy = false;
        Source?.OnAnswered(this, now);
    }

    protected override void OnClosed()
    {
        _isConnected = false;
        if (IsBusy)
        {
            throw new BenchException(ExitCode.Connection, "The server closed a connection without answering what was published, so nobody knows whether it counts.");
        }
    }
}
