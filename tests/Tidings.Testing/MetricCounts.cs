using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Tidings.Testing;

/// <summary>A meter factory that adds up what the counters of Tidings count that have it, whatever else runs in the process.</summary>
public sealed class MetricCounts : IMeterFactory
{
    private readonly ConcurrentDictionary<string, long> _totals = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();

    /// <summary>Begins to listen.</summary>
    public MetricCounts()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == this && instrument.Meter.Name.StartsWith("Tidings", StringComparison.Ordinal))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
    }

    /// <inheritdoc />
    public Meter Create(MeterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new Meter(new MeterOptions(options.Name) { Scope = this });
    }

    /// <summary>What <paramref name="instrument"/> has counted so far.</summary>
    public long Total(string instrument) => _totals.GetValueOrDefault(instrument);

    /// <summary>What <paramref name="instrument"/> has counted so far with the attribute <paramref name="name"/> of that value.</summary>
    public long Total(string instrument, string name, string value) => _totals.GetValueOrDefault($"{instrument} {name}={value}");

    /// <summary>What an observable <paramref name="instrument"/> says at this moment.</summary>
    public long Observe(string instrument)
    {
        _listener.RecordObservableInstruments();
        return _totals[instrument];
    }

    /// <inheritdoc />
    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Add(instrument, instrument.Name, value);
        foreach ((string name, object? tag) in tags)
        {
            Add(instrument, $"{instrument.Name} {name}={tag}", value);
        }
    }

    private void Add(Instrument instrument, string key, long value)
    {
        if (instrument.IsObservable)
        {
            _totals[key] = value;
        }
        else
        {
            _totals.AddOrUpdate(key, value, (_, total) => total + value);
        }
    }
}
