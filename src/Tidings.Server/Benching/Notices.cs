namespace Tidings.Server;

/// <summary>Publishes an event that does not count on each of some topics.</summary>
internal sealed class Notices : IPublishSource
{
    private readonly Queue<int> _topics;
    private readonly int _number;
    private int _busy;

    /// <summary>Takes over all publishers, which must be free, and begins to send.</summary>
    /// <param name="publishers">Who sends.</param>
    /// <param name="topics">On which topics.</param>
    /// <param name="number">What the event tells: <see cref="BenchPayload.Opening"/> or <see cref="BenchPayload.Closing"/>.</param>
    public Notices(BenchPublisher[] publishers, IEnumerable<int> topics, int number)
    {
        _topics = new Queue<int>(topics);
        _number = number;
        foreach (BenchPublisher publisher in publishers)
        {
            publisher.Source = this;
            SendNext(publisher);
        }
    }

    /// <summary>Whether all were sent and answered.</summary>
    public bool IsDone => _busy == 0;

    /// <summary>When the newest answer came; before the first, when the sending began.</summary>
    public long LastAnswer { get; private set; } = SocketLoop.Now();

    public void OnAnswered(BenchPublisher publisher, long now)
    {
        _busy--;
        LastAnswer = now;
        SendNext(publisher);
    }

    private void SendNext(BenchPublisher publisher)
    {
        if (_topics.TryDequeue(out int topic))
        {
            _busy++;
            publisher.Send(topic, BenchPayload.Announcer, _number, SocketLoop.Now());
        }
    }
}
