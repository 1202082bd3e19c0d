using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Tidings;

/// <summary>
/// The one loop that hands committed events to subscribers, in log order. Registering, restarting, leaving and draining are messages to the same loop,
/// so no lock is held and no race is possible: a subscriber's cut is what is dispatched at the moment when its message is handled. The loop never waits
/// for a socket or for the log.
/// </summary>
internal sealed class Dispatcher
{
    // Senders wait when it is full; each subscriber has at most one message under way.
    private const int InboxCapacity = 1024;

    private readonly Channel<Message> _inbox = Channel.CreateBounded<Message>(
        new BoundedChannelOptions(InboxCapacity) { SingleReader = true });

    private readonly FrameRing _ring;
    private readonly BrokerMetrics _metrics;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Only the loop touches these, but for _dispatched, which others read.
    private readonly TopicIndex<Subscriber> _index = new();
    private readonly WakeUps _wakeUps = new();
    private readonly ConcurrentDictionary<Subscriber, bool> _subscribers = new(); // Others only look who is behind.
    private long _dispatched;
    private long _forks; // Others read it.
    private long _liveOnlyUnknownThrough; // Set before the loop runs, and then by it; others read it.
    private long _liveOnlyThrough; // The newest event that was dispatched and is not in the log, or may have been one.
    private long _drainThrough = long.MaxValue;
    private bool _isDraining;

    public Dispatcher(FrameRing ring, BrokerMetrics metrics)
    {
        _ring = ring;
        _metrics = metrics;
        metrics.Observe(this);
    }

    /// <summary>The newest sequence that was offered to everybody whom it concerns.</summary>
    public long Dispatched => Volatile.Read(ref _dispatched);

    /// <summary>How many forks of the log were told.</summary>
    public long Forks => Volatile.Read(ref _forks);

    /// <summary>Completes when those who waited for what was dispatched last have gone on as far as they could; completed if nobody does at this moment.</summary>
    public Task ReadersWoken => _wakeUps.RoundOver;

    /// <summary>Of what was live-only up to here, nothing is known: where the loop begins, or what <see cref="LoseLiveOnlyAsync"/> said last.</summary>
    public long LiveOnlyUnknownThrough
    {
        get => Volatile.Read(ref _liveOnlyUnknownThrough);
        set => Volatile.Write(ref _liveOnlyUnknownThrough, value);
    }

    /// <summary>Runs until <see cref="Stop"/>, and then closes whoever is still there; begins after <paramref name="startAfter"/>.</summary>
    public async Task RunAsync(long startAfter)
    {
        Volatile.Write(ref _dispatched, startAfter);
        _liveOnlyThrough = startAfter;
        try
        {
            while (await _inbox.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                while (_inbox.Reader.TryRead(out Message message))
                {
                    Handle(message);
                }
            }
        }
        finally
        {
            Stop();
            _wakeUps.Flush();
            while (_inbox.Reader.TryRead(out Message unhandled))
            {
                unhandled.Done?.TrySetException(new ChannelClosedException());
            }

            foreach (KeyValuePair<Subscriber, bool> subscriber in _subscribers)
            {
                subscriber.Key.Close();
            }
        }
    }

    public void Stop() => _inbox.Writer.TryComplete();

    /// <summary>
    /// Hands over what the log has committed; the task completes when it is offered to everybody whom it concerns, and those who waited for it have gone on as far as they could without waiting: whoever
    /// hands over the next page then has all that came meanwhile in it, and each reader writes it at once.
    /// </summary>
    public Task CommittedAsync(CommittedPage page) => SendAsync(MessageKind.Committed, page);

    /// <summary>Adds a subscriber; when the task completes its cut is set and every later event that matches is offered.</summary>
    public Task RegisterAsync(Subscriber subscriber) => SendAsync(MessageKind.Register, subscriber);

    /// <summary>Gives a subscriber that fell behind a new cut; when the task completes every later event that matches is offered.</summary>
    public async Task RestartAsync(Subscriber subscriber)
    {
        try
        {
            await SendAsync(MessageKind.Restart, subscriber).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            // The loop has stopped: the reader comes back with its cursor when there is a broker again.
            subscriber.Close();
        }
    }

    /// <summary>Removes a subscriber; one that was never added, or a dispatcher that has stopped, is no error.</summary>
    public async Task LeaveAsync(Subscriber subscriber)
    {
        try
        {
            await SendAsync(MessageKind.Leave, subscriber).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            // The loop has stopped: nobody is offered anything any more.
        }
    }

    /// <summary>Notes that live-only events up to <paramref name="through"/> may be missing that were never in the log; when the task completes everybody who would have seen them is told.</summary>
    public async Task LoseLiveOnlyAsync(long through)
    {
        try
        {
            await SendAsync(MessageKind.LoseLiveOnly, through).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            // The loop has stopped: nobody is told anything any more.
        }
    }

    /// <summary>Ends every subscriber once everything up to <paramref name="through"/> has been offered; later ones end at once.</summary>
    public async Task DrainAsync(long through)
    {
        await _inbox.Writer.WriteAsync(new Message(MessageKind.Drain, through, Done: null)).ConfigureAwait(false);
        await _drained.Task.ConfigureAwait(false);
    }

    /// <summary>How many subscribers are behind at this moment, and by how many events at most, matching or not. From any thread.</summary>
    public (int Subscribers, long Lag) LookBehind()
    {
        int subscribers = 0;
        long lag = 0;
        long dispatched = Dispatched;
        foreach (KeyValuePair<Subscriber, bool> subscriber in _subscribers)
        {
            if (subscriber.Key.IsBehind)
            {
                subscribers++;
                lag = Math.Max(lag, dispatched - subscriber.Key.HandedOutThrough);
            }
        }

        return (subscribers, lag);
    }

    private async Task SendAsync(MessageKind kind, object subject)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _inbox.Writer.WriteAsync(new Message(kind, subject, done)).ConfigureAwait(false);
        await done.Task.ConfigureAwait(false);
    }

    private void Handle(in Message message)
    {
        switch (message.Kind)
        {
            case MessageKind.Committed:
                Dispatch((CommittedPage)message.Subject, message.Done);
                return;
            case MessageKind.Register:
                Register((Subscriber)message.Subject);
                break;
            case MessageKind.Restart:
                ((Subscriber)message.Subject).StartOffering(_dispatched, _liveOnlyThrough);
                break;
            case MessageKind.Leave:
                Leave((Subscriber)message.Subject);
                break;
            case MessageKind.LoseLiveOnly:
                LoseLiveOnly((long)message.Subject);
                break;
            case MessageKind.Drain:
                _drainThrough = (long)message.Subject;
                DrainIfReached();
                break;
        }

        message.Done?.SetResult();
    }

    private void Dispatch(CommittedPage page, TaskCompletionSource? done)
    {
        if (page.IsFork)
        {
            TellFork(page.Through);
        }

        if (page.Floor > _dispatched + 1)
        {
            // Retention passed this node's tail. Every subscriber finds out for itself, from its own cursor, what it has missed.
            foreach (KeyValuePair<Subscriber, bool> subscriber in _subscribers)
            {
                Overflow(subscriber.Key);
            }
        }

        if (page.Through - _dispatched > page.Events.Length)
        {
            OverflowLiveOnly(page.Through);
        }

        foreach (FramedEvent framed in page.Events)
        {
            if (framed.Content.IsLiveOnly)
            {
                _liveOnlyThrough = Math.Max(_liveOnlyThrough, framed.Sequence);
            }

            _ring.Add(framed);
            foreach (Topic topic in framed.Content.Topics)
            {
                OfferTo(_index.Exact(topic), framed.Sequence);
                foreach (EntryList<Subscriber> list in _index.Patterns(topic))
                {
                    OfferTo(list.Entries, framed.Sequence);
                }
            }

            OfferTo(_index.All, framed.Sequence);
            Volatile.Write(ref _dispatched, framed.Sequence);
        }

        Volatile.Write(ref _dispatched, Math.Max(_dispatched, page.Through));
        _metrics.Dispatched(page.Events.Length);
        DrainIfReached();
        _wakeUps.Flush(done);
    }

    // What was dispatched is of another branch: nobody may read it any more, and whoever may have is told.
    private void TellFork(long place)
    {
        foreach (KeyValuePair<Subscriber, bool> subscriber in _subscribers)
        {
            subscriber.Key.NoteFork(place);
            Overflow(subscriber.Key);
        }

        _ring.Clear();
        Volatile.Write(ref _forks, _forks + 1);
    }

    // The log told less than it was given: a tail that was cut off and came back too late finds nothing of what was live-only.
    private void OverflowLiveOnly(long through)
    {
        _liveOnlyThrough = through;
        OverflowThoseWhoSeeLiveOnly();
    }

    // What is missing has no place in the log. Each reader finds out when it is given a new cut.
    private void LoseLiveOnly(long through)
    {
        LiveOnlyUnknownThrough = Math.Max(LiveOnlyUnknownThrough, through);
        OverflowThoseWhoSeeLiveOnly();
        _wakeUps.Flush();
    }

    private void OverflowThoseWhoSeeLiveOnly()
    {
        foreach (KeyValuePair<Subscriber, bool> subscriber in _subscribers)
        {
            if (subscriber.Key.SeesLiveOnly)
            {
                Overflow(subscriber.Key);
            }
        }
    }

    private void Overflow(Subscriber subscriber)
    {
        if (subscriber.Overflow(_dispatched))
        {
            _wakeUps.Add(subscriber);
        }
    }

    private void OfferTo(ReadOnlySpan<IndexEntry<Subscriber>> entries, long sequence)
    {
        foreach (IndexEntry<Subscriber> entry in entries)
        {
            if (entry.Subscriber.Offer(sequence))
            {
                _wakeUps.Add(entry.Subscriber);
            }
        }
    }

    private void Register(Subscriber subscriber)
    {
        subscriber.StartOffering(_dispatched, _liveOnlyThrough);
        if (_isDraining)
        {
            subscriber.Close(CloseReason.Draining);
            return;
        }

        _subscribers.TryAdd(subscriber, true);
        _index.Add(subscriber);
        _metrics.SubscriberJoined();
    }

    private void Leave(Subscriber subscriber)
    {
        if (_subscribers.TryRemove(subscriber, out _))
        {
            _index.Remove(subscriber);
            _metrics.SubscriberLeft();
        }
    }

    private void DrainIfReached()
    {
        if (_isDraining || _dispatched < _drainThrough)
        {
            return;
        }

        _isDraining = true;
        foreach (KeyValuePair<Subscriber, bool> subscriber in _subscribers)
        {
            subscriber.Key.Close(CloseReason.Draining);
        }

        _drained.SetResult();
    }

    private enum MessageKind
    {
        Committed,
        Register,
        Restart,
        Leave,
        LoseLiveOnly,
        Drain,
    }

    private readonly record struct Message(MessageKind Kind, object Subject, TaskCompletionSource? Done);
}

/// <summary>A page of the log with every event's frame: what the dispatcher is handed.</summary>
/// <param name="Events">The events, in order.</param>
/// <param name="Through">The sequence up to which the page tells everything.</param>
/// <param name="Floor">The log's floor in the same snapshot.</param>
internal sealed record CommittedPage(FramedEvent[] Events, long Through, long Floor)
{
    /// <summary>Whether the log has lost events that were dispatched before.</summary>
    public bool IsFork { get; init; }
}
