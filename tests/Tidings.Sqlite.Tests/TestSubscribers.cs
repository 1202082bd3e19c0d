using Tidings.Testing;

namespace Tidings.Sqlite.Tests;

/// <summary>Short ways to subscribe to a broker and to read what it delivers.</summary>
internal static class TestSubscribers
{
    /// <summary>A ring that holds next to nothing: whoever comes back reads from the log.</summary>
    public static BrokerOptions SmallRing => new() { RingEvents = 1 };

    public static Broker BrokerOver(TestLog test) => new(SmallRing, test.Log, test.Time);

    public static async Task<SseId> PublishAsync(this Broker broker, string topic, string data) =>
        await broker.PublishAsync(topic, data, TestLog.Cancellation);

    public static async Task<Subscriber> SubscribeAsync(this Broker broker, string matcher, StartAt startAt = default, AfterGap afterGap = AfterGap.Live)
    {
        Assert.True(TopicMatcher.TryParse(matcher, out TopicMatcher? parsed, out _));
        return await broker.SubscribeAsync(new SubscribeOptions(parsed) { StartAt = startAt, AfterGap = afterGap }, TestLog.Cancellation);
    }

    /// <summary>Reads until <paramref name="count"/> events have come, gaps included.</summary>
    public static async Task<DecodedEvent[]> ReadAsync(this Subscriber subscriber, int count)
    {
        var stream = new List<byte>();
        int read = 0;
        while (read < count)
        {
            Assert.True(
                await subscriber.WaitToReadAsync().AsTask().WaitAsync(Hang.Limit, TimeProvider.System, TestLog.Cancellation),
                $"The stream ended after {read} events of {count}.");
            while (read < count && subscriber.TryRead(out ReadOnlyMemory<byte> frame))
            {
                stream.AddRange(frame.Span);
                read++;
            }
        }

        return [.. FrameDecoder.Decode([.. stream])];
    }

    /// <summary>The data of the events, and for a gap the name of its type.</summary>
    public static string[] Told(this IEnumerable<DecodedEvent> events) =>
        [.. events.Select(decoded => decoded.Type == Gap.EventTypeName ? Gap.EventTypeName : decoded.Data)];
}
