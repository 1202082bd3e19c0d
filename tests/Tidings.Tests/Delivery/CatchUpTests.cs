using System.Globalization;
using System.Text;
using Tidings.Testing;

namespace Tidings.Tests.Delivery;

[Collection(AloneCollection.Name)]
public sealed class CatchUpTests(ITestOutputHelper output)
{
    private static readonly int Events = Environment.GetEnvironmentVariable("TIDINGS_LONG") == "1" ? 1_000_000 : 100_000;

    [Theory]
    [InlineData(SlowReaders.Resume)]
    [InlineData(SlowReaders.KeepLatest)]
    public async Task A_long_replay_over_one_stream_costs_one_page_of_memory_from_its_beginning_to_its_end(SlowReaders slowReaders)
    {
        const int Most = 2 * 1024 * 1024; // a page holds few events
        Assert.InRange(await MemoryUse.LeastAsync(Most, () => BytesOfReplayAsync(slowReaders)), double.MinValue, Most);
    }

    private async Task<double> BytesOfReplayAsync(SlowReaders slowReaders)
    {
        await using var test = new TestBroker(new BrokerOptions { RingEvents = 64 }, new InMemoryLogOptions { MaxEvents = Events, MaxBytes = long.MaxValue });
        for (int published = 0; published < Events; published += 5000)
        {
            await test.PublishManyAsync("news", 5000, after: published);
        }

        await test.SettleAsync();
        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.Earliest, slowReaders: slowReaders);
        long before = MemoryUse.KeptBytes();
        long most = 0;
        int waits = 0;
        int received = 0;
        int last = 0;
        while (last < Events)
        {
            Assert.True(await subscriber.WaitToReadAsync());
            if (waits++ % 200 == 0)
            {
                most = Math.Max(most, MemoryUse.KeptBytes() - before);
            }

            while (subscriber.TryRead(out ReadOnlyMemory<byte> frame))
            {
                int number = NumberOf(frame.Span);
                Assert.True(slowReaders == SlowReaders.KeepLatest || number == last + 1, $"After event {last} came {number}.");
                last = number;
                received++;
            }
        }

        output.WriteLine($"{received:N0} of {Events:N0} events, at most {most / 1024:N0} KiB more than before.");
        Assert.Equal(slowReaders == SlowReaders.KeepLatest ? 1 : Events, received);
        Assert.InRange(waits, Events / CatchUp.MaxPageEvents, int.MaxValue); // in pages
        return most;
    }

    [Fact]
    public async Task A_replay_reads_no_further_than_its_reader()
    {
        await using var test = new TestBroker(new BrokerOptions { RingEvents = 16 });
        await test.PublishManyAsync("news", 2000);
        await test.SettleAsync();
        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.Earliest);
        int before = test.Log.Reads;

        await subscriber.ReadAsync(10);
        Assert.Equal(1, test.Log.Reads - before);
        await subscriber.ReadAsync(CatchUp.MaxPageEvents - 10);
        Assert.Equal(1, test.Log.Reads - before);
        await subscriber.ReadAsync(1);
        Assert.Equal(2, test.Log.Reads - before);
    }

    // "data: 123\nid: …": without the decoder, whose garbage would be most of what is measured.
    private static int NumberOf(ReadOnlySpan<byte> frame) =>
        int.Parse(Encoding.ASCII.GetString(frame["data: ".Length..frame.IndexOf((byte)'\n')]), CultureInfo.InvariantCulture);
}
