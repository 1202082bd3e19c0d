using Tidings.Testing;

namespace Tidings.Tests.Delivery;

public sealed class SlowReadersTests
{
    [Fact]
    public async Task A_reader_that_keeps_the_latest_receives_of_what_it_missed_the_newest_of_each_topic_in_order_and_then_everything()
    {
        await using var test = new TestBroker(new BrokerOptions { PendingCapacity = 4 });
        await using Subscriber slow = await test.SubscribeAsync("*", slowReaders: SlowReaders.KeepLatest);
        for (int number = 1; number <= 30; number++)
        {
            await test.PublishAsync(number % 10 == 0 ? "c" : number % 2 == 0 ? "b" : "a", $"{number}");
        }

        await test.SettleAsync();

        Assert.Equal(["28", "29", "30"], (await slow.ReadAsync(3)).Data());
        await test.PublishAsync("a", "31");
        await test.PublishAsync("a", "32");
        Assert.Equal(["31", "32"], (await slow.ReadAsync(2)).Data());
        Assert.Equal(1, test.Metrics.Total("tidings.subscribers.fell_behind"));
    }

    [Fact]
    public async Task What_a_reader_took_before_it_fell_behind_is_left_out_as_well()
    {
        await using var test = new TestBroker(new BrokerOptions { PendingCapacity = 8 });
        await using Subscriber slow = await test.SubscribeAsync("news", slowReaders: SlowReaders.KeepLatest);
        await test.PublishManyAsync("news", 4);
        await test.SettleAsync();
        Assert.Equal(["1"], (await slow.ReadAsync(1)).Data()); // the other three are taken, too
        await test.PublishManyAsync("news", 20, after: 4);
        await test.SettleAsync();

        Assert.Equal(["24"], (await slow.ReadAsync(1)).Data());
    }

    [Theory]
    [InlineData(8192)]
    [InlineData(4)]
    public async Task A_replay_is_shortened_to_the_newest_of_each_topic_whether_it_comes_from_the_ring_or_the_log(int ringEvents)
    {
        await using var test = new TestBroker(new BrokerOptions { RingEvents = ringEvents });
        SseId first = await test.PublishAsync("topic/1", "0");
        for (int number = 1; number <= 1300; number++)
        {
            await test.PublishAsync($"topic/{number % 7}", $"{number}");
        }

        await test.SettleAsync();

        await using Subscriber back = await test.SubscribeAsync("*", StartAt.After(first.Value), slowReaders: SlowReaders.KeepLatest);
        await using Subscriber fresh = await test.SubscribeAsync("*", StartAt.Earliest, slowReaders: SlowReaders.KeepLatest);

        Assert.Equal(SubscriberReading.Numbers(1294, 1300), (await back.ReadAsync(7)).Data());
        Assert.Equal(SubscriberReading.Numbers(1294, 1300), (await fresh.ReadAsync(7)).Data());
        await test.PublishAsync("topic/1", "1301");
        Assert.Equal(["1301"], (await back.ReadAsync(1)).Data());
    }

    [Fact]
    public async Task An_event_of_several_topics_is_kept_while_it_is_the_newest_of_one_that_the_reader_selects()
    {
        await using var test = new TestBroker();
        await PublishAsync(test, "1", "a", "b");
        await PublishAsync(test, "2", "a", "other");
        await PublishAsync(test, "3", "other", "c");
        await PublishAsync(test, "4", "c");
        await PublishAsync(test, "5", "other");
        await test.SettleAsync();

        await using Subscriber subscriber = await test.Broker.SubscribeAsync(
            new SubscribeOptions(TopicMatcher.Exact("a"), TopicMatcher.Exact("b"), TopicMatcher.Exact("c")) { StartAt = StartAt.Earliest, SlowReaders = SlowReaders.KeepLatest },
            TestBroker.Cancellation);

        Assert.Equal(["1", "2", "4"], (await subscriber.ReadAsync(3)).Data());
        await test.PublishAsync("c", "6");
        Assert.Equal(["6"], (await subscriber.ReadAsync(1)).Data());
    }

    [Fact]
    public async Task An_event_that_the_reader_may_not_see_takes_the_place_of_none_that_it_may()
    {
        await using var test = new TestBroker();
        await test.PublishAsync("news", "public");
        await test.Broker.PublishAsync(["news"], new ServerEvent("secret"), EventAudience.Granted, idempotencyKey: null, TestBroker.Cancellation);
        await test.SettleAsync();

        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.Earliest, slowReaders: SlowReaders.KeepLatest);
        await test.PublishAsync("news", "next");

        Assert.Equal(["public", "next"], (await subscriber.ReadAsync(2)).Data());
    }

    [Fact]
    public async Task Where_there_are_more_topics_than_may_be_remembered_the_newest_of_each_still_comes_and_in_order()
    {
        await using var test = new TestBroker(new BrokerOptions { LatestTopics = 3 });
        for (int number = 1; number <= 40; number++)
        {
            await test.PublishAsync($"topic/{number % 5}", $"{number}");
        }

        await test.PublishManyAsync("topic/0", 100, after: 40);
        await test.SettleAsync();
        await using Subscriber subscriber = await test.SubscribeAsync("*", StartAt.Earliest, slowReaders: SlowReaders.KeepLatest);
        await test.PublishAsync("end", "end");

        string[] received = await ReadUntilAsync(subscriber, "end");

        int[] numbers = [.. received[..^1].Select(int.Parse)];
        Assert.Equal(numbers.Order().Distinct(), numbers);
        Assert.Subset(numbers.ToHashSet(), new HashSet<int> { 36, 37, 38, 39, 140 });
        Assert.InRange(numbers.Length, 5, 45); // the last hundred, of one topic, are one
    }

    [Fact]
    public async Task Even_an_event_of_more_topics_than_may_be_remembered_is_received()
    {
        await using var test = new TestBroker(new BrokerOptions { LatestTopics = 1 });
        await PublishAsync(test, "1", "a", "b", "c");
        await PublishAsync(test, "2", "d", "e");
        await test.SettleAsync();

        await using Subscriber subscriber = await test.SubscribeAsync("*", StartAt.Earliest, slowReaders: SlowReaders.KeepLatest);

        Assert.Equal(["1", "2"], (await subscriber.ReadAsync(2)).Data());
    }

    [Fact]
    public async Task Retention_that_removes_only_what_is_left_out_is_no_gap_and_retention_that_removes_what_is_kept_is_one()
    {
        await using var test = new TestBroker(new BrokerOptions { RingEvents = 1 }, new InMemoryLogOptions { MaxEvents = 100 });
        await test.PublishAsync("rare", "1");
        await test.PublishManyAsync("news", 99, after: 1);
        await test.SettleAsync();
        await using Subscriber lucky = await test.SubscribeAsync("news", StartAt.Earliest, slowReaders: SlowReaders.KeepLatest);
        await using Subscriber unlucky = await test.SubscribeAsync("*", StartAt.Earliest, slowReaders: SlowReaders.KeepLatest);
        foreach (Subscriber subscriber in new[] { lucky, unlucky })
        {
            Assert.True(await subscriber.WaitToReadAsync()); // all is looked at and the choice made, but nothing read yet
            Assert.False(subscriber.TryRead(out _));
        }

        await test.PublishManyAsync("other", 50, after: 100);

        Assert.Equal(["100"], (await lucky.ReadAsync(1)).Data());
        Assert.Equal("tidings-gap", (await unlucky.ReadAsync(1))[0].Type);
    }

    [Theory]
    [InlineData(AfterGap.Live, new[] { "2498", "2499", "2500" })]
    [InlineData(AfterGap.ReplayRetained, new[] { "1498", "1499", "1500", "2498", "2499", "2500" })]
    public async Task Retention_that_passes_a_reader_while_it_looks_is_told_as_exactly_one_gap(AfterGap afterGap, string[] expected)
    {
        await using var test = new TestBroker(new BrokerOptions { RingEvents = 8 }, new InMemoryLogOptions { MaxEvents = 1500 });
        await PublishInTurnAsync(test, 1, 1500);
        await using Subscriber subscriber = await test.SubscribeAsync("*", StartAt.Earliest, afterGap, SlowReaders.KeepLatest);
        Assert.True(await subscriber.WaitToReadAsync()); // looks at the first 500
        Assert.False(subscriber.TryRead(out _));
        await PublishInTurnAsync(test, 1501, 2500); // now 1001 is the oldest

        DecodedEvent[] events = await subscriber.ReadAsync(1 + expected.Length);
        await test.PublishAsync("end", "end");

        Assert.Equal("tidings-gap", events[0].Type);
        Assert.Equal(expected, events[1..].Data());
        Assert.Equal(["end"], (await subscriber.ReadAsync(1)).Data());
    }

    [Fact]
    public async Task Under_load_a_reader_that_keeps_the_latest_sees_ascending_events_and_ends_with_the_newest_of_each_topic()
    {
        const int Events = 20_000;
        await using var test = new TestBroker(new BrokerOptions { PendingCapacity = 8, RingEvents = 64 });
        await using Subscriber subscriber = await test.SubscribeAsync("*", slowReaders: SlowReaders.KeepLatest);
        Task publishing = Task.Run(async () =>
        {
            for (int number = 1; number <= Events; number += 100)
            {
                await Task.WhenAll(Enumerable.Range(number, 100).Select(i => test.PublishAsync($"topic/{i % 4}", $"{i}")));
            }

            await test.PublishAsync("end", "end");
        });

        string[] received = await ReadUntilAsync(subscriber, "end");

        await publishing;
        int[] numbers = [.. received[..^1].Select(int.Parse)];
        Assert.Equal(numbers.Order().Distinct(), numbers);
        Assert.Subset(numbers.ToHashSet(), new HashSet<int> { Events - 3, Events - 2, Events - 1, Events });
    }

    [Fact]
    public async Task A_stream_that_closes_slow_readers_gives_what_was_kept_and_ends_and_its_client_comes_back_to_the_rest()
    {
        await using var test = new TestBroker(new BrokerOptions { PendingCapacity = 4 });
        await using Subscriber slow = await test.SubscribeAsync("news", slowReaders: SlowReaders.Close);
        await test.PublishAsync("news", "1");
        await slow.ReadAsync(1);
        await test.PublishManyAsync("news", 20, after: 1);
        await test.SettleAsync();

        DecodedEvent[] received = await slow.ReadToEndAsync();

        Assert.Equal(SubscriberReading.Numbers(2, 5), received.Data());
        Assert.Equal(CloseReason.TooSlow, slow.CloseReason);
        Assert.Equal(1, test.Metrics.Total("tidings.subscribers.too_slow"));
        await slow.DisposeAsync();
        Assert.Equal(CloseReason.TooSlow, slow.CloseReason);

        await using Subscriber back = await test.SubscribeAsync("news", StartAt.After(received[^1].LastEventId), slowReaders: SlowReaders.Close);
        Assert.Equal(SubscriberReading.Numbers(6, 21), (await back.ReadAsync(16)).Data());
        Assert.Equal(CloseReason.None, back.CloseReason);
    }

    [Fact]
    public async Task A_replay_that_takes_long_does_not_close_a_stream_that_closes_slow_readers()
    {
        await using var test = new TestBroker(new BrokerOptions { PendingCapacity = 4, RingEvents = 4 });
        await test.PublishManyAsync("news", 100);
        await test.SettleAsync();
        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.Earliest, slowReaders: SlowReaders.Close);
        await subscriber.ReadAsync(10);
        await test.PublishManyAsync("news", 100, after: 100);
        await test.SettleAsync();

        Assert.Equal(SubscriberReading.Numbers(11, 200), (await subscriber.ReadAsync(190)).Data());
        Assert.Equal(CloseReason.None, subscriber.CloseReason);
    }

    [Theory]
    [InlineData(CloseReason.Draining, CloseReason.Left, CloseReason.Left)]
    [InlineData(CloseReason.Draining, CloseReason.TooSlow, CloseReason.TooSlow)]
    [InlineData(CloseReason.Left, CloseReason.Draining, CloseReason.Left)]
    [InlineData(CloseReason.TooSlow, CloseReason.Left, CloseReason.TooSlow)]
    [InlineData(CloseReason.Left, CloseReason.TooSlow, CloseReason.Left)]
    public async Task The_reason_of_an_end_is_the_first_but_for_a_drain_that_a_reader_does_not_wait_for(CloseReason first, CloseReason second, CloseReason told)
    {
        await using var test = new TestBroker();
        await using Subscriber subscriber = await test.SubscribeAsync("news");

        subscriber.Close(first);
        subscriber.Close(second);

        Assert.Equal(told, subscriber.CloseReason);
        Assert.False(await subscriber.WaitToReadAsync());
    }

    private static async Task PublishAsync(TestBroker test, string data, params string[] topics) =>
        await test.Broker.PublishAsync([.. topics.Select(Topic.Of)], new ServerEvent(data), EventAudience.Everybody, idempotencyKey: null, TestBroker.Cancellation);

    private static async Task PublishInTurnAsync(TestBroker test, int first, int last)
    {
        await Task.WhenAll(Enumerable.Range(first, last - first + 1).Select(number => test.PublishAsync($"topic/{number % 3}", $"{number}")));
        await test.SettleAsync();
    }

    private static async Task<string[]> ReadUntilAsync(Subscriber subscriber, string last)
    {
        var received = new List<string>();
        while (received.Count == 0 || received[^1] != last)
        {
            received.AddRange((await subscriber.ReadAsync(1)).Data());
        }

        return [.. received];
    }
}
