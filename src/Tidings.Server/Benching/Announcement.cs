namespace Tidings.Server;

/// <summary>
/// Publishes events that do not count until every stream has seen one: some servers answer before a stream is subscribed, and what is published in between would look like a loss.
/// </summary>
internal sealed class Announcement(SocketLoop loop, BenchPublisher[] publishers, IReadOnlyList<BenchStream> streams, StreamTally tally) : IPublishSource
{
    private const int MaxRounds = 10;

    private static readonly long PatienceOfRound = SocketLoop.Nanoseconds(TimeSpan.FromSeconds(2));

    private readonly Queue<int> _topics = new();
    private int _busy;

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

            long sent = 0;
            loop.RunUntil(now =>
            {
                sent = _busy > 0 || _topics.Count > 0 || sent == 0 ? now : sent;
                return (_busy == 0 && _topics.Count == 0 && tally.Listening == streams.Count) || now - sent > PatienceOfRound;
            });
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
        SendNext(publisher);
    }

    private void SendNext(BenchPublisher publisher)
    {
        if (_topics.TryDequeue(out int topic))
        {
            _busy++;
            publisher.Send(topic, BenchPayload.Announcer, 0, SocketLoop.Now());
        }
    }
}
