using Tidings.Testing;

namespace Tidings.Tests.Delivery;

[Collection(AloneCollection.Name)]
public sealed class MemoryTests
{
    [Fact]
    public async Task A_reader_that_never_reads_costs_its_list_and_no_more()
    {
        // 20 MiB were offered to each of 1,000 readers, whose lists were full before; ring and log hold 1 MiB each, plus their bookkeeping.
        const int Most = 6 * 1024 * 1024;
        Assert.InRange(await MemoryUse.LeastAsync(Most, GrownBytesAsync), double.MinValue, Most);
    }

    private static async Task<double> GrownBytesAsync()
    {
        await using var test = new TestBroker(new BrokerOptions { RingBytes = 1024 * 1024, PendingCapacity = 512 }, new InMemoryLogOptions { MaxBytes = 1024 * 1024 });
        Subscriber[] sleepers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => test.SubscribeAsync("news")));
        await test.PublishManyAsync("news", 1000);
        await test.SettleAsync();
        long before = MemoryUse.KeptBytes();

        string payload = new('x', 1024);
        for (int i = 0; i < 20; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => test.PublishAsync("news", payload)));
        }

        await test.SettleAsync();
        long grown = MemoryUse.KeptBytes() - before;
        GC.KeepAlive(sleepers);
        return grown;
    }
}
