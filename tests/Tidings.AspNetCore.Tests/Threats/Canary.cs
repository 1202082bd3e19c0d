using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;

namespace Tidings.AspNetCore.Tests.Threats;

/// <summary>
/// A random text that is published privately, and everything in the process that might tell it: all instruments of all meters and all spans, names and attributes. Nothing is cut or
/// coded so that it could hide.
/// </summary>
internal sealed class Canary : IDisposable
{
    private readonly MeterListener _meters = new();
    private readonly ActivityListener _spans;
    private readonly ConcurrentDictionary<string, bool> _told = new(StringComparer.Ordinal);

    public Canary()
    {
        _meters.InstrumentPublished = static (instrument, listener) => listener.EnableMeasurementEvents(instrument);
        _meters.SetMeasurementEventCallback<byte>(Record);
        _meters.SetMeasurementEventCallback<short>(Record);
        _meters.SetMeasurementEventCallback<int>(Record);
        _meters.SetMeasurementEventCallback<long>(Record);
        _meters.SetMeasurementEventCallback<float>(Record);
        _meters.SetMeasurementEventCallback<double>(Record);
        _meters.SetMeasurementEventCallback<decimal>(Record);
        _meters.Start();
        _spans = new ActivityListener
        {
            ShouldListenTo = static _ => true,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = Record,
        };
        ActivitySource.AddActivityListener(_spans);
    }

    public string Text { get; } = $"canary{Convert.ToHexString(RandomNumberGenerator.GetBytes(8))}";

    /// <summary>What meters and spans have told so far.</summary>
    public IReadOnlyCollection<string> Told
    {
        get
        {
            _meters.RecordObservableInstruments();
            return [.. _told.Keys];
        }
    }

    public void AssertNotIn(string place, string text) => Assert.False(text.Contains(Text, StringComparison.OrdinalIgnoreCase), $"{place} tells what is private: {text}");

    public void Dispose()
    {
        _meters.Dispose();
        _spans.Dispose();
    }

    private void Record<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        _told.TryAdd($"{instrument.Meter.Name} {instrument.Name} {string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))}", true);
    }

    private void Record(Activity span)
    {
        IEnumerable<string> tags = span.TagObjects.Concat(span.Events.SelectMany(happened => happened.Tags)).Select(tag => $"{tag.Key}={tag.Value}");
        _told.TryAdd($"{span.Source.Name} {span.OperationName} {span.DisplayName} {span.StatusDescription} {string.Join(' ', tags)}", true);
    }
}
