using Tidings.Testing;

namespace Tidings.Tests.Delivery;

public sealed class DrainTests
{
    [Fact]
    public async Task Every_subscriber_receives_what_was_committed_and_then_its_stream_ends()
    {
        await using var test = new TestBroker(new BrokerOptions { PendingCapacity = 8, RingEvents = 16 });
        SseId[] ids = await test.PublishManyAsync("news", 100);
        await test.SettleAsync();
        await using Subscriber live = await test.SubscribeAsync("news");
        await using Subscriber behind = await test.SubscribeAsync("news", StartAt.After(ids[9].Value));
        await test.PublishManyAsync("news", 100, after: 100);

        await test.Broker.DrainAsync();

        Assert.Equal(SubscriberReading.Numbers(101, 200), (await live.ReadToEndAsync()).Data());
        Assert.Equal(SubscriberReading.Numbers(11, 200), (await behind.ReadToEndAsync()).Data());
        Assert.Equal(CloseReason.Draining, live.CloseReason);
    }

    [Fact]
    public async Task Publishes_that_wait_are_stored_and_delivered_and_later_ones_are_refused()
    {
        await using var test = new TestBroker();
        await using Subscriber subscriber = await test.SubscribeAsync("news");
        using var gate = new Gate();
        test.Log.BeforeAppend = _ => gate.PassAsync();
        Task<SseId> first = test.PublishAsync("news", "1");
        await gate.Reached;
        Task<SseId> second = test.PublishAsync("news", "2");

        Task draining = test.Broker.DrainAsync();
        Task<SseId> late = RefusedOnceDrainingAsync(test);
        gate.Open();
        await draining;

        await Task.WhenAll(first, second);
        Assert.Equal(PublishFailure.Draining, (await Assert.ThrowsAsync<PublishException>(() => late)).Failure);
        Assert.Equal(["1", "2"], (await subscriber.ReadToEndAsync()).Data());
    }

    [Fact]
    public async Task A_subscriber_that_comes_while_draining_has_its_replay_and_ends()
    {
        await using var test = new TestBroker();
        SseId[] ids = await test.PublishManyAsync("news", 5);
        await test.Broker.DrainAsync();

        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(ids[1].Value));

        Assert.Equal(["3", "4", "5"], (await subscriber.ReadToEndAsync()).Data());
    }

    [Fact]
    public async Task Whoever_disposes_a_second_time_waits_for_the_same_end()
    {
        await using var test = new TestBroker();
        using var gate = new Gate();
        test.Log.BeforeAppend = _ => gate.PassAsync();
        Task<SseId> publishing = test.PublishAsync("news", "1");
        await gate.Reached;

        Task first = test.Broker.DisposeAsync().AsTask();
        Task second = test.Broker.DisposeAsync().AsTask();
        bool isEither = first.IsCompleted || second.IsCompleted;
        gate.Open();
        await Task.WhenAll(first, second, publishing);

        Assert.False(isEither);
    }

    [Fact]
    public async Task Draining_twice_or_before_anything_happened_is_no_error()
    {
        await using var test = new TestBroker();

        await test.Broker.DrainAsync();
        await test.Broker.DrainAsync();

        Assert.Empty(await (await test.SubscribeAsync("news")).ReadToEndAsync());
    }

    // The queue closes a moment after draining begins: what gets in before is stored like the rest, and where that moment is long, it is full before.
    private static async Task<SseId> RefusedOnceDrainingAsync(TestBroker test)
    {
        while (true)
        {
            Task<SseId> publishing = test.PublishAsync("other", "late");
            if (publishing.Exception?.InnerException is { } refused and not PublishException { Failure: PublishFailure.Busy })
            {
                throw refused;
            }

            await Task.Yield();
        }
    }
}
