namespace Tidings.Server;

/// <summary>
/// What publishers send during a run. In a closed loop each sends as soon as it may; at a rate every event has a time at which it is meant to be sent, whether or not its publisher
/// is free then: who is late counts the delay, so a server that stalls cannot hide it.
/// </summary>
internal sealed class PublishLoad : IPublishSource
{
    private readonly SocketLoop _loop;
    private readonly BenchPublisher[] _publishers;
    private readonly int _topics;
    private readonly int? _rate;
    private readonly long _limit;
    private readonly int[] _sent;
    private long _began;
    private long _nextDue;
    private bool _isStopped;

    /// <param name="loop">Which serves the publishers.</param>
    /// <param name="publishers">Who sends.</param>
    /// <param name="topics">Over how many topics the events go.</param>
    /// <param name="rate">Events a second, of all publishers; null for a closed loop.</param>
    /// <param name="limit">How many events are sent; null for no limit.</param>
    public PublishLoad(SocketLoop loop, BenchPublisher[] publishers, int topics, int? rate, int? limit)
    {
        _loop = loop;
        _publishers = publishers;
        _topics = topics;
        _rate = rate;
        _limit = limit ?? long.MaxValue;
        _sent = new int[publishers.Length];
    }

    /// <summary>How many events each publisher has sent.</summary>
    public ReadOnlySpan<int> Sent => _sent;

    public long SentTotal { get; private set; }

    public long Answered { get; private set; }

    public long LastAnswer { get; private set; }

    /// <summary>Whether every event that is going to be sent was answered.</summary>
    public bool IsDone => (_isStopped || SentTotal >= _limit) && Answered == SentTotal;

    public long MeasuredFrom { get; set; } = long.MaxValue;

    /// <summary>From the time an event was meant to be sent to its answer.</summary>
    public LatencyHistogram Latency { get; } = new();

    public void Start()
    {
        _began = SocketLoop.Now();
        foreach (BenchPublisher publisher in _publishers)
        {
            publisher.Source = this;
        }

        if (_rate is null)
        {
            foreach (BenchPublisher publisher in _publishers)
            {
                SendNext(publisher, SocketLoop.Now());
            }

            return;
        }

        _loop.OnTimer = SendDue;
        SendDue(_began);
    }

    /// <summary>Events whose time had passed when the load was stopped, and that were never sent because their publishers still waited for an answer.</summary>
    public long Overdue { get; private set; }

    /// <summary>Sends nothing more.</summary>
    public void Stop()
    {
        _isStopped = true;
        if (_rate is not null)
        {
            Overdue = Math.Max(0, _nextDue - SentTotal);
        }
    }

    public void OnAnswered(BenchPublisher publisher, long now)
    {
        Answered++;
        LastAnswer = now;
        if (publisher.Intended >= MeasuredFrom)
        {
            Latency.Record(now - publisher.Intended);
        }

        SendNext(publisher, now);
    }

    // Event n of the run is due n intervals after the beginning, and belongs to the publishers in turn.
    private void SendDue(long now)
    {
        while (!_isStopped && _nextDue < _limit && DueAt(_nextDue) <= now)
        {
            BenchPublisher publisher = _publishers[_nextDue % _publishers.Length];
            _nextDue++;
            if (!publisher.IsBusy)
            {
                SendNext(publisher, now);
            }
        }

        if (!_isStopped && _nextDue < _limit)
        {
            _loop.SetTimer(DueAt(_nextDue));
        }
    }

    private long DueAt(long number) => _began + (long)(number * (double)SocketLoop.Nanoseconds(TimeSpan.FromSeconds(1)) / _rate!.Value); // Called at a rate only.

    private void SendNext(BenchPublisher publisher, long now)
    {
        if (_isStopped || SentTotal >= _limit)
        {
            return;
        }

        int number = _sent[publisher.Index];
        long intended = SocketLoop.Now();
        if (_rate is not null)
        {
            long ofRun = ((long)number * _publishers.Length) + publisher.Index;
            intended = DueAt(ofRun);
            if (intended > now || ofRun >= _limit)
            {
                return; // the timer comes back to it
            }
        }

        _sent[publisher.Index]++;
        SentTotal++;
        publisher.Send(StreamCheck.TopicOf(publisher.Index, number, _topics), publisher.Index, number, intended);
    }
}
