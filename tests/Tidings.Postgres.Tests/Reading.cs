using Tidings.Testing;

namespace Tidings.Postgres.Tests;

/// <summary>Short ways to read what a subscriber is told.</summary>
internal static class Reading
{
    /// <summary>Reads until <paramref name="count"/> events have come, gaps included.</summary>
    public static async Task<DecodedEvent[]> ReadAsync(this Subscriber subscriber, int count)
    {
        var stream = new List<byte>();
        int read = 0;
        while (read < count)
        {
            Assert.True(
                await subscriber.WaitToReadAsync().AsTask().WaitAsync(Hang.Limit, TimeProvider.System, TestContext.Current.CancellationToken),
                $"The stream ended after {read} events of {count}.");
            while (read < count && subscriber.TryRead(out ReadOnlyMemory<byte> frame))
            {
                stream.AddRange(frame.Span);
                read++;
            }
        }

        return [.. FrameDecoder.Decode([.. stream])];
    }

    /// <summary>The data of the events; for a gap, its reason.</summary>
    public static async Task<string[]> ReadTextsAsync(this Subscriber subscriber, int count) =>
        [.. (await subscriber.ReadAsync(count)).Select(decoded => decoded.Type == Gap.EventTypeName ? $"gap: {System.Text.Json.JsonDocument.Parse(decoded.Data).RootElement.GetProperty("reason").GetString()}" : decoded.Data)];
}
