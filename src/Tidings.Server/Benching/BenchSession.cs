namespace Tidings.Server;

/// <summary>The parts that every scenario is made of: streams, publishers, and the loop that serves them.</summary>
internal sealed class BenchSession : IDisposable
{
    // The line itself is not written more often; what it would say is not worth making up each time the sockets are served.
    private static readonly long ProgressInterval = SocketLoop.Nanoseconds(TimeSpan.FromMilliseconds(200));

    // How long nothing may come at the end before it is asked whether anything will. To ask too early costs an event a topic, and nothing else.
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    private readonly SocketLoop _loop;
    private readonly BenchTarget _target;
    private readonly ProgressLine _progress;
    private long _progressAt;

    public BenchSession(BenchTarget target, BenchPayload payload, BenchSettings settings, ServerProcess? server, ProgressLine progress, CancellationToken cancellationToken)
    {
        _target = target;
        _progress = progress;
        Payload = payload;
        Settings = settings;
        Server = server;
        _loop = new SocketLoop(cancellationToken);
    }

    public BenchSettings Settings { get; }

    public BenchPayload Payload { get; }

    public ServerProcess? Server { get; }

    public StreamTally Tally { get; } = new();

    public List<BenchStream> Streams { get; } = [];

    public BenchPublisher[] Publishers { get; private set; } = [];

    public BenchUsage Usage() => BenchUsage.Now(Server);

    /// <summary>Opens more streams, each with a topic in turn, and waits until the server has answered all.</summary>
    public void OpenStreams(int count, bool fromEarliest = false)
    {
        int topics = Settings.Topics;
        int wanted = Streams.Count + count;
        int before = Tally.Opened;
        long newest = SocketLoop.Now();
        _loop.RunUntil(now =>
        {
            if (Tally.Opened > before)
            {
                before = Tally.Opened;
                newest = now;
            }

            while (Streams.Count < wanted && Streams.Count - Tally.Opened < Settings.Concurrency)
            {
                int topic = Streams.Count % topics;
                var stream = new BenchStream(_loop, _target.SubscribeEndPoint, Tally, Payload, new StreamCheck(topic, topics, Settings.Publishers));
                Streams.Add(stream);
                stream.Open(_target.SubscribeRequest(topic, fromEarliest));
            }

            if (IsProgressDue(now))
            {
                _progress.Show($"{Tally.Opened} of {wanted} streams");
            }

            if (Tally.Opened == wanted)
            {
                return true; // before any complaint: it may be the bench that stood still
            }

            ThrowIfSilent(now, newest, "open a stream");
            return false;
        });
    }

    public void OpenPublishers()
    {
        var requests = new PublishRequests(_target, Settings.Topics, Payload.Bytes);
        Publishers = [.. Enumerable.Range(0, Settings.Publishers).Select(index => new BenchPublisher(_loop, _target.PublishEndPoint, index, requests, Payload))];
    }

    /// <summary>Waits until all streams see what is published.</summary>
    public void Announce() => new Announcement(_loop, Publishers, Streams, Tally, Settings.Patience).Run();

    public PublishLoad NewLoad(int? rate, int? limit) => new(_loop, Publishers, Settings.Topics, rate, limit);

    /// <summary>Runs for a time.</summary>
    public void Run(TimeSpan time, string doing)
    {
        long begin = SocketLoop.Now();
        _loop.RunUntil(now =>
        {
            TimeSpan run = SocketLoop.Between(begin, now);
            if (IsProgressDue(now))
            {
                _progress.Show($"{doing}, {run.TotalSeconds:0} of {time.TotalSeconds:0} s");
            }

            return run >= time;
        });
    }

    /// <summary>Waits until the load has sent what it has to and was answered.</summary>
    public void Finish(PublishLoad load)
    {
        long newest = SocketLoop.Now();
        _loop.RunUntil(now =>
        {
            if (IsProgressDue(now))
            {
                _progress.Show($"{load.Answered} events published");
            }

            if (load.IsDone)
            {
                return true;
            }

            newest = Math.Max(newest, load.LastAnswer);
            ThrowIfSilent(now, newest, "answer what was published");
            return false;
        });
    }

    /// <summary>
    /// Waits until all streams have received all that was sent. When nothing more comes, something is published behind it: what a stream has not received before that is lost,
    /// and nobody needs to guess how long it may take. Only if that is lost, too, the end is that nothing came for so long.
    /// </summary>
    public void Drain(PublishLoad load)
    {
        long expected = Expected(load.Sent);
        long begin = SocketLoop.Now();
        Notices? closing = null;
        _loop.RunUntil(now =>
        {
            if (IsProgressDue(now))
            {
                _progress.Show($"{Tally.Deliveries} of {expected} deliveries");
            }

            if ((Tally.Deliveries >= expected && Streams.Sum(stream => stream.Check.Received) >= expected) || Tally.Closed == Streams.Count)
            {
                return true;
            }

            TimeSpan silence = SocketLoop.Between(Math.Max(begin, Tally.LastDelivery), now);
            if (closing is null && silence > Quiet)
            {
                closing = new Notices(Publishers, TopicsWithout(load), BenchPayload.Closing);
            }

            return silence > Settings.Patience
                || (closing is not null && Streams.TrueForAll(stream => stream.IsClosed || stream.HasSeenEnd || stream.Check.Missing(load.Sent) == 0));
        });
    }

    /// <summary>Adds what the streams have to agree on with the publishers and with each other.</summary>
    public void AddChecks(BenchReport report, PublishLoad load)
    {
        // What a server sends twice may come after all is there.
        Run(TimeSpan.FromMilliseconds(100), "checking");
        long missing = 0;
        int otherOrder = 0;
        var orders = new Dictionary<int, ulong>();
        foreach (StreamCheck check in Streams.Select(stream => stream.Check))
        {
            long missingHere = check.Missing(load.Sent);
            missing += missingHere;

            // Those that have lost or repeated something are counted above, and cannot be compared.
            if (missingHere == 0 && check.Duplicates == 0)
            {
                orders.TryAdd(check.Topic, check.OrderHash);
                otherOrder += orders[check.Topic] == check.OrderHash ? 0 : 1;
            }
        }

        report.AddFault("gaps", "events missing", missing);
        report.AddFault("duplicates", "events repeated", Streams.Sum(stream => stream.Check.Duplicates));
        report.AddFault("late", "events out of order", Streams.Sum(stream => stream.Check.Late));
        report.AddFault("strange", "events never sent", Streams.Sum(stream => stream.Check.Strange));
        report.AddFault("otherOrder", "streams in another order", otherOrder);
        report.AddFault("toldGaps", "gaps told by the hub", Tally.ToldGaps);
        report.AddFault("foreign", "events of other data", Tally.Foreign);
        report.AddFault("closedStreams", "streams ended by the server", Tally.Closed);
    }

    public void Dispose()
    {
        _progress.Clear();
        _loop.Dispose();
    }

    private bool IsProgressDue(long now)
    {
        if (now - _progressAt < ProgressInterval)
        {
            return false;
        }

        _progressAt = now;
        return true;
    }

    private void ThrowIfSilent(long now, long newest, string what)
    {
        if (SocketLoop.Between(newest, now) > Settings.Patience)
        {
            throw new BenchException(ExitCode.Timeout, $"The server did not {what} for {Settings.Patience.TotalSeconds} s.");
        }
    }

    private IEnumerable<int> TopicsWithout(PublishLoad load) =>
        Streams.Where(stream => !stream.IsClosed && stream.Check.Missing(load.Sent) > 0).Select(stream => stream.Check.Topic).Distinct();

    private long Expected(ReadOnlySpan<int> sent)
    {
        // Streams of a topic expect the same, so it is counted once for each topic.
        var ofTopic = new Dictionary<int, long>();
        long expected = 0;
        foreach (int topic in Streams.Select(stream => stream.Check.Topic))
        {
            if (!ofTopic.TryGetValue(topic, out long count))
            {
                for (int publisher = 0; publisher < sent.Length; publisher++)
                {
                    count += StreamCheck.CountOf(publisher, sent[publisher], topic, Settings.Topics);
                }

                ofTopic.Add(topic, count);
            }

            expected += count;
        }

        return expected;
    }
}
