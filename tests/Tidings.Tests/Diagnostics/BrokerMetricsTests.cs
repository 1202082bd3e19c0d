using Tidings.Tests.Delivery;

namespace Tidings.Tests.Diagnostics;

public sealed class BrokerMetricsTests
{
    [Fact]
    public async Task Who_is_behind_is_counted_and_how_far_until_it_has_caught_up()
    {
        await using var test = new TestBroker(new BrokerOptions { PendingCapacity = 4 });
        await using Subscriber fast = await test.SubscribeAsync("news");
        await using Subscriber slow = await test.SubscribeAsync("news");
        Subscriber leaving = await test.SubscribeAsync("news");
        Assert.Equal((0, 0), Observe(test));

        for (int number = 1; number <= 10; number++)
        {
            await test.PublishAsync("news", $"{number}");
            await fast.ReadAsync(1);
        }

        await test.SettleAsync();
        Assert.Equal((2, 10), Observe(test));
        await leaving.DisposeAsync();
        await slow.ReadAsync(3);
        Assert.Equal((1, 7), Observe(test));
        await slow.ReadAsync(7);
        Assert.Equal((0, 0), Observe(test));
    }

    [Fact]
    public async Task A_replay_counts_as_being_behind()
    {
        await using var test = new TestBroker();
        await test.PublishManyAsync("news", 10);
        await test.SettleAsync();

        await using Subscriber replaying = await test.SubscribeAsync("news", StartAt.Earliest);
        Assert.Equal((1, 10), Observe(test));
        await replaying.ReadAsync(10);
        Assert.Equal((0, 0), Observe(test));
    }

    [Fact]
    public async Task Gaps_are_counted_by_the_reason_that_stands_in_the_stream()
    {
        await using var test = new TestBroker();

        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After("from-nowhere"));

        Assert.Equal(1, test.Metrics.Total("tidings.gaps", "reason", "unknown"));
    }

    [Fact]
    public async Task What_an_acknowledged_event_survives_is_told()
    {
        await using var test = new TestBroker();

        test.Metrics.Observe("tidings.log.durability");

        Assert.Equal(1, test.Metrics.Total("tidings.log.durability", "level", "process"));
    }

    private static (long Subscribers, long Lag) Observe(TestBroker test) =>
        (test.Metrics.Observe("tidings.subscribers.behind"), test.Metrics.Observe("tidings.subscribers.lag"));
}
