using System.Diagnostics.Metrics;

namespace Tidings;

/// <summary>What a broker counts. Topics are never attributes: there is no end of them, and their names may be private.</summary>
internal sealed class BrokerMetrics : IDisposable
{
    /// <summary>The name of the meter; part of the public face.</summary>
    public const string MeterName = "Tidings.Broker";

    private readonly Meter _meter;
    private readonly UpDownCounter<long> _subscribers;
    private readonly Counter<long> _published;
    private readonly Counter<long> _dispatched;
    private readonly Counter<long> _replayed;
    private readonly Counter<long> _fellBehind;
    private readonly Counter<long> _tooSlow;
    private readonly Counter<long> _gaps;

    public BrokerMetrics(IMeterFactory? factory)
    {
        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _subscribers = _meter.CreateUpDownCounter<long>("tidings.subscribers.active", "{subscriber}", "Open streams.");
        _published = _meter.CreateCounter<long>("tidings.events.published", "{event}", "Events acknowledged to publishers.");
        _dispatched = _meter.CreateCounter<long>("tidings.events.dispatched", "{event}", "Events read back from the log and offered to subscribers.");
        _replayed = _meter.CreateCounter<long>("tidings.replay.events", "{event}", "Events handed to subscribers that were behind.");
        _fellBehind = _meter.CreateCounter<long>("tidings.subscribers.fell_behind", "{time}", "Times that a subscriber went back to reading from the log.");
        _tooSlow = _meter.CreateCounter<long>("tidings.subscribers.too_slow", "{subscriber}", "Streams that were ended because their readers were too slow.");
        _gaps = _meter.CreateCounter<long>("tidings.gaps", "{gap}", "Gaps told to subscribers, by reason.");
    }

    /// <summary>Tells from now on, whenever somebody asks, what an acknowledged event survives.</summary>
    public void Observe(IEventLog log) =>
        _meter.CreateObservableGauge(
            "tidings.log.durability",
            () => new Measurement<long>(1, new KeyValuePair<string, object?>("level", log.Durability.ToString().ToLowerInvariant())),
            unit: null,
            "1, with what an acknowledged event survives as the level: disk, os, memory or process.");

    /// <summary>Tells from now on, whenever somebody asks, how many subscribers are behind and how far.</summary>
    public void Observe(Dispatcher dispatcher)
    {
        _meter.CreateObservableUpDownCounter(
            "tidings.subscribers.behind", () => (long)dispatcher.LookBehind().Subscribers, "{subscriber}", "Subscribers that read, or will have to read, from the ring or the log.");
        _meter.CreateObservableGauge(
            "tidings.subscribers.lag", () => dispatcher.LookBehind().Lag, "{event}", "Events between the subscriber that is furthest behind and what was dispatched last; 0 if none is behind.");
    }

    public void SubscriberJoined() => _subscribers.Add(1);

    public void SubscriberLeft() => _subscribers.Add(-1);

    public void Published() => _published.Add(1);

    public void Dispatched(int events) => _dispatched.Add(events);

    public void Replayed() => _replayed.Add(1);

    public void FellBehind() => _fellBehind.Add(1);

    public void TooSlow() => _tooSlow.Add(1);

    public void GapTold(GapReason reason) => _gaps.Add(1, new KeyValuePair<string, object?>("reason", Gap.NameOf(reason)));

    public void Dispose() => _meter.Dispose();
}
