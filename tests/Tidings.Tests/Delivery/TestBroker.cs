using Tidings.Testing;

namespace Tidings.Tests.Delivery;

/// <summary>A broker over an in-memory log with hooks, and short ways to publish and read.</summary>
internal sealed class TestBroker : IAsyncDisposable
{
    private readonly InMemoryEventLog _memory;

    public TestBroker(BrokerOptions? options = null, InMemoryLogOptions? logOptions = null, IEventLog? log = null)
    {
        _memory = new InMemoryEventLog(logOptions);
        Log = new HookedLog(log ?? _memory);
        Broker = new Broker(options ?? new BrokerOptions(), Log, Time, meterFactory: Metrics);
    }

    public FakeTimeProvider Time { get; } = new();

    public MetricCounts Metrics { get; } = new();

    public HookedLog Log { get; }

    public Broker Broker { get; }

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async Task<SseId> PublishAsync(string topic, string data) => await Broker.PublishAsync(topic, data, Cancellation);

    /// <summary>Publishes 1, 2, 3 … up to <paramref name="count"/>, beginning after <paramref name="after"/>, and returns the ids.</summary>
    public async Task<SseId[]> PublishManyAsync(string topic, int count, int after = 0)
    {
        var publishing = new Task<SseId>[count];
        for (int i = 0; i < count; i++)
        {
            publishing[i] = PublishAsync(topic, $"{after + i + 1}");
        }

        return await Task.WhenAll(publishing);
    }

    /// <summary>Waits until what was acknowledged is dispatched, too: a subscriber that comes later begins after it.</summary>
    public async Task SettleAsync()
    {
        LogPosition position = await Log.GetPositionAsync(Cancellation);
        while (Broker.Dispatched < position.Last)
        {
            Cancellation.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public async Task<Subscriber> SubscribeAsync(
        string matcher, StartAt startAt = default, AfterGap afterGap = AfterGap.Live, SlowReaders slowReaders = SlowReaders.Resume)
    {
        Assert.True(TopicMatcher.TryParse(matcher, out TopicMatcher? parsed, out _));
        return await Broker.SubscribeAsync(new SubscribeOptions(parsed) { StartAt = startAt, AfterGap = afterGap, SlowReaders = slowReaders }, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await Broker.DisposeAsync();
        await Log.DisposeAsync();
        Metrics.Dispose();
    }
}

internal static class SubscriberReading
{
    /// <summary>Reads until <paramref name="count"/> events have come.</summary>
    public static async Task<DecodedEvent[]> ReadAsync(this Subscriber subscriber, int count)
    {
        var stream = new List<byte>();
        int read = 0;
        while (read < count)
        {
            Assert.True(await WaitAsync(subscriber), $"The stream ended after {read} events of {count}.");
            while (read < count && subscriber.TryRead(out ReadOnlyMemory<byte> frame))
            {
                stream.AddRange(frame.Span);
                read++;
            }
        }

        return [.. FrameDecoder.Decode([.. stream])];
    }

    /// <summary>Reads until the stream ends.</summary>
    public static async Task<DecodedEvent[]> ReadToEndAsync(this Subscriber subscriber)
    {
        var stream = new List<byte>();
        while (await WaitAsync(subscriber))
        {
            while (subscriber.TryRead(out ReadOnlyMemory<byte> frame))
            {
                stream.AddRange(frame.Span);
            }
        }

        return [.. FrameDecoder.Decode([.. stream])];
    }

    /// <summary>The data of the events: what most tests compare.</summary>
    public static string[] Data(this IEnumerable<DecodedEvent> events) => [.. events.Select(decoded => decoded.Data)];

    /// <summary>The numbers from <paramref name="first"/> to <paramref name="last"/>, as they are published.</summary>
    public static string[] Numbers(int first, int last) => [.. Enumerable.Range(first, last - first + 1).Select(number => $"{number}")];

    private static Task<bool> WaitAsync(Subscriber subscriber) =>
        subscriber.WaitToReadAsync().AsTask().WaitAsync(Hang.Limit, TimeProvider.System, TestContext.Current.CancellationToken);
}
