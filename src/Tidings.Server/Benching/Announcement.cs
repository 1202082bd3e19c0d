namespace Tidings.Server;

/// <summary>
/// Publishes events that do not count until every stream has seen one: some servers answer before a stream is subscribed, and what is published in between would look like a loss.
/// </summary>
internal sealed class Announcement(SocketLoop loop, BenchPublisher[] publishers, IReadOnlyList<BenchStream> streams, StreamTally tally, TimeSpan patience) : IPublishSource
{
    private const int MaxRounds = 5;

    private readonly long _patienceOfRound = SocketLoop.Nanoseconds(patience) / MaxRounds;
    private readonly Queue<int> _topics = new();
    private int _busy;
    private long _answered = SocketLoop.Now();

    /// <exception cref="BenchException">Some stream sees nothing.</exception>
    public void Run()
    {
        for (int round = 0; round < MaxRounds && tally.Listening < streams.Count; round++)
        {
            foreach (int topic in streams.Where(stream => !stream.IsListening).Select(stream => stream.Check.Topic).Distinct())
            {
                _topics.Enqueue(topic);
            }

            foreach (BenchPublisher publisher in publishers)
            {
                publisher.Source = this;
                SendNext(publisher);
            }

            long began = SocketLoop.Now();
            loop.RunUntil(now =>
                _busy > 0 ? ThrowIfSilent(now) : _topics.Count == 0 && (tally.Listening == streams.Count || now - Math.Max(began, _answered) > _patienceOfRound));
        }

        if (tally.Listening < streams.Count)
        {
            string foreign = tally.Foreign > 0 ? " Events come, but with other data than what was published: is it put into a format of its own?" : "";
            throw new BenchException(
                ExitCode.Failure, $"{streams.Count - tally.Listening} of {streams.Count} streams receive nothing of what is published. Do both sides mean the same topic?{foreign}");
        }
    }

    public void OnAnswered(BenchPublisher publisher, long now)
    {
        _busy--;
        _answered = now;
        SendNext(publisher);
    }

    private bool ThrowIfSilent(long now) => SocketLoop.Between(_answered, now) > patience
        ? throw new BenchException(ExitCode.Timeout, $"The server did not answer what was published for {patience.TotalSeconds} s.")
        : false;

    private void SendNext(BenchPublisher publisher)
    {
        if (_topics.TryDequeue(out int topic))
        {
            _busy++;
            publisher.Send(topic, BenchPayload.Announcer, 0, SocketLoop.Now());
        }
    }
}
