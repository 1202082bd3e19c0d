namespace Tidings.Server;

/// <summary>
/// Publishes events that do not count until every stream has seen one: some servers answer before a stream is subscribed, and what is published in between would look like a loss.
/// </summary>
internal sealed class Announcement(SocketLoop loop, BenchPublisher[] publishers, IReadOnlyList<BenchStream> streams, StreamTally tally, TimeSpan patience)
{
    private const int MaxRounds = 5;

    private readonly long _patienceOfRound = SocketLoop.Nanoseconds(patience) / MaxRounds;

    /// <exception cref="BenchException">Some stream sees nothing.</exception>
    public void Run()
    {
        for (int round = 0; round < MaxRounds && tally.Listening < streams.Count; round++)
        {
            var notices = new Notices(publishers, streams.Where(stream => !stream.IsListening).Select(stream => stream.Check.Topic).Distinct(), BenchPayload.Opening);
            loop.RunUntil(now => notices.IsDone
                ? tally.Listening == streams.Count || now - notices.LastAnswer > _patienceOfRound
                : ThrowIfSilent(notices, now));
        }

        if (tally.Listening < streams.Count)
        {
            string foreign = tally.Foreign > 0 ? " Events come, but with other data than what was published: is it put into a format of its own?" : "";
            throw new BenchException(
                ExitCode.Failure, $"{streams.Count - tally.Listening} of {streams.Count} streams receive nothing of what is published. Do both sides mean the same topic?{foreign}");
        }
    }

    private bool ThrowIfSilent(Notices notices, long now) => SocketLoop.Between(notices.LastAnswer, now) > patience
        ? throw new BenchException(ExitCode.Timeout, $"The server did not answer what was published for {patience.TotalSeconds} s.")
        : false;
}
