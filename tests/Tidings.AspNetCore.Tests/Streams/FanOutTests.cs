using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Streams;

public sealed class FanOutTests
{
    private const int Streams = 1000;
    private const int Sleepers = 100;
    private const int Events = 600;

    [Fact]
    public async Task A_thousand_streams_see_one_order_without_gap_or_duplicate_also_while_a_hundred_of_them_stop_reading()
    {
        // Small lists, a small ring and small buffers: the sleepers fall behind what memory holds and must read on from the log.
        await using TestApp app = await TestApp.StartAsync(options =>
        {
            options.Broker.PendingCapacity = 16;
            options.Broker.RingEvents = 64;
        });
        TestStream[] readers = await Task.WhenAll(Enumerable.Range(0, Streams - Sleepers).Select(_ => app.SubscribeAsync("news")));
        app.Transport.BufferBytes = 4096;
        TestStream[] sleepers = await Task.WhenAll(Enumerable.Range(0, Sleepers).Select(_ => app.SubscribeAsync("news")));
        Task<IReadOnlyList<DecodedEvent>>[] reading = [.. readers.Select(stream => stream.ReadEventsAsync(Events))];

        string padding = new('x', 100);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(publisher => Task.Run(async () =>
        {
            for (int i = 0; i < Events / 4; i++)
            {
                await app.Broker.PublishAsync("news", $"{publisher}:{i}:{padding}", TestApp.Cancellation);
            }
        })));

        IReadOnlyList<DecodedEvent>[] received = await Task.WhenAll(reading);
        IReadOnlyList<DecodedEvent>[] receivedLate = await Task.WhenAll(sleepers.Select(stream => stream.ReadEventsAsync(Events)));

        IReadOnlyList<DecodedEvent> order = received[0];
        Assert.Equal(Events, order.Select(decoded => decoded.LastEventId).Distinct().Count());
        Assert.Equal(
            Enumerable.Range(0, Events).Select(number => $"{number / (Events / 4)}:{number % (Events / 4)}").Order(),
            order.Select(decoded => decoded.Data[..decoded.Data.LastIndexOf(':')]).Order());
        Assert.All(received.Concat(receivedLate), events => Assert.Equal(order, events));
        foreach (TestStream stream in readers.Concat(sleepers))
        {
            await stream.DisposeAsync();
        }
    }
}
