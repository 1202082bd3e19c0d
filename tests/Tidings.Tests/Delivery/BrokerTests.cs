using Tidings.Testing;

namespace Tidings.Tests.Delivery;

public sealed class BrokerTests
{
    [Fact]
    public async Task A_subscriber_receives_what_matches_and_nothing_else()
    {
        await using var test = new TestBroker();
        await using Subscriber news = await test.SubscribeAsync("news");
        await using Subscriber all = await test.SubscribeAsync("*");

        await test.PublishAsync("sport", "1");
        await test.PublishAsync("news", "2");
        await test.PublishAsync("sport", "3");
        await test.PublishAsync("news", "4");

        Assert.Equal(["2", "4"], (await news.ReadAsync(2)).Data());
        Assert.Equal(["1", "2", "3", "4"], (await all.ReadAsync(4)).Data());
    }

    [Fact]
    public async Task The_id_that_the_publisher_is_told_is_the_id_that_subscribers_see()
    {
        await using var test = new TestBroker();
        await using Subscriber subscriber = await test.SubscribeAsync("news");

        SseId id = await test.PublishAsync("news", "hi");
        SseId own = await test.Broker.PublishAsync("news", new ServerEvent("ho", "greeting", "mine-1"), TestBroker.Cancellation);

        Assert.Equal(SseId.Of("mine-1"), own);
        Assert.Equal([new DecodedEvent("message", "hi", id.Value), new DecodedEvent("greeting", "ho", "mine-1")], await subscriber.ReadAsync(2));
    }

    [Fact]
    public async Task An_event_with_several_topics_is_received_once()
    {
        await using var test = new TestBroker();
        Assert.True(TopicMatcher.TryParse("*", out TopicMatcher? all, out _));
        await using Subscriber subscriber = await test.Broker.SubscribeAsync(
            new SubscribeOptions(TopicMatcher.Exact("a"), TopicMatcher.Exact("b"), all), TestBroker.Cancellation);

        await test.Broker.PublishAsync(["a", "b", "c"], new ServerEvent("1"), EventAudience.Everybody, idempotencyKey: null, TestBroker.Cancellation);
        await test.PublishAsync("a", "2");

        Assert.Equal(["1", "2"], (await subscriber.ReadAsync(2)).Data());
    }

    [Fact]
    public async Task Private_events_are_seen_only_by_subscribers_whom_the_application_has_authorized()
    {
        await using var test = new TestBroker();
        SseId before = await test.PublishAsync("news", "0");
        await test.Broker.PublishAsync(["news"], new ServerEvent("secret"), EventAudience.Granted, idempotencyKey: null, TestBroker.Cancellation);
        await test.PublishAsync("news", "public");
        foreach (StartAt start in new[] { StartAt.Earliest, StartAt.After(before.Value) })
        {
            await using Subscriber anybody = await test.SubscribeAsync("news", start);
            await using Subscriber granted = await test.Broker.SubscribeAsync(
                new SubscribeOptions(TopicMatcher.Exact("news")) { StartAt = start, Visibility = EventVisibility.IncludingPrivate },
                TestBroker.Cancellation);

            Assert.DoesNotContain("secret", (await anybody.ReadAsync(start == StartAt.Earliest ? 2 : 1)).Data());
            Assert.Contains("secret", (await granted.ReadAsync(start == StartAt.Earliest ? 3 : 2)).Data());

            await test.Broker.PublishAsync(["news"], new ServerEvent("live secret"), EventAudience.Granted, idempotencyKey: null, TestBroker.Cancellation);
            await test.PublishAsync("news", "end");
            Assert.Equal(["end"], (await anybody.ReadAsync(1)).Data());
            Assert.Equal(["live secret", "end"], (await granted.ReadAsync(2)).Data());
        }
    }

    [Fact]
    public async Task A_private_event_is_seen_when_any_of_its_topics_is_granted_and_selecting_it_grants_nothing()
    {
        await using var test = new TestBroker();
        EventVisibility granted = EventVisibility.Granted(TopicMatcher.Exact("users/1"), TopicMatcher.Exact("team"));
        foreach (StartAt start in new[] { StartAt.Latest, StartAt.Earliest })
        {
            await using Subscriber subscriber = await test.Broker.SubscribeAsync(
                new SubscribeOptions(TopicMatcher.All) { StartAt = start, Visibility = granted }, TestBroker.Cancellation);
            if (start == StartAt.Latest)
            {
                await PublishPrivateAsync("mine", "users/1");
                await PublishPrivateAsync("not mine", "users/2");
                await PublishPrivateAsync("by its alternate", "users/2", "team");
                await test.PublishAsync("users/2", "public");
            }

            Assert.Equal(["mine", "by its alternate", "public"], (await subscriber.ReadAsync(3)).Data());
        }

        async Task PublishPrivateAsync(string data, params string[] topics) => await test.Broker.PublishAsync(
            [.. topics.Select(Topic.Of)], new ServerEvent(data), EventAudience.Granted, idempotencyKey: null, TestBroker.Cancellation);
    }

    [Fact]
    public async Task A_publishers_id_whose_event_may_not_be_seen_is_like_one_that_does_not_exist()
    {
        await using var test = new TestBroker();
        await test.Broker.PublishAsync(["users/1"], new ServerEvent("secret", id: "order-7"), EventAudience.Granted, idempotencyKey: null, TestBroker.Cancellation);
        var options = new SubscribeOptions(TopicMatcher.All) { StartAt = StartAt.After("order-7") };
        await using Subscriber anybody = await test.Broker.SubscribeAsync(options, TestBroker.Cancellation);
        await using Subscriber granted = await test.Broker.SubscribeAsync(
            new SubscribeOptions(TopicMatcher.All) { StartAt = StartAt.After("order-7"), Visibility = EventVisibility.Granted(TopicMatcher.Exact("users/1")) }, TestBroker.Cancellation);

        Assert.Equal(GapReason.Unknown, anybody.StartGap?.Reason);
        Assert.Null(granted.StartGap);
    }

    [Fact]
    public void No_grant_at_all_shows_public_events_only() => Assert.Same(EventVisibility.PublicOnly, EventVisibility.Granted());

    [Theory]
    [InlineData("mercure", null)]
    [InlineData("tidings-gap", null)]
    [InlineData("tidings-anything", null)]
    [InlineData(null, "#mine")]
    [InlineData(null, "earliest")]
    public async Task Reserved_types_and_ids_cannot_be_published(string? type, string? id)
    {
        await using var test = new TestBroker();

        await Assert.ThrowsAsync<ArgumentException>(async () =>
            await test.Broker.PublishAsync("news", new ServerEvent("x", type, id), TestBroker.Cancellation));

        Assert.Equal(0, (await test.Log.GetPositionAsync(TestBroker.Cancellation)).Last);
    }

    [Fact]
    public async Task A_value_that_nobody_made_cannot_be_published()
    {
        await using var test = new TestBroker();
        foreach ((Topic topic, ServerEvent bad) in new[]
        {
            (default(Topic), new ServerEvent("x")),
            (Topic.Of("news"), new ServerEvent("x") { Id = default(SseId) }),
            (Topic.Of("news"), new ServerEvent("x") { Type = default(EventType) }),
        })
        {
            await Assert.ThrowsAsync<ArgumentException>(async () => await test.Broker.PublishAsync(topic, bad, TestBroker.Cancellation));
        }

        await Assert.ThrowsAsync<ArgumentException>(async () =>
            await test.Broker.PublishAsync([], new ServerEvent("x"), EventAudience.Everybody, idempotencyKey: null, TestBroker.Cancellation));
        Assert.Equal(0, (await test.Log.GetPositionAsync(TestBroker.Cancellation)).Last);
    }

    [Fact]
    public async Task Values_are_published_as_json_that_pages_expect()
    {
        await using var test = new TestBroker();
        await using Subscriber subscriber = await test.SubscribeAsync("prices/ACME");

        await test.Broker.PublishAsync("prices/ACME", new { Symbol = "ACME", Last = 12.3m }, TestBroker.Cancellation);

        Assert.Equal("""{"symbol":"ACME","last":12.3}""", Assert.Single(await subscriber.ReadAsync(1)).Data);
    }

    [Fact]
    public async Task Everybody_sees_the_same_order_however_many_publish_at_once()
    {
        await using var test = new TestBroker();
        Subscriber[] subscribers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => test.SubscribeAsync("news")));
        Task<DecodedEvent[]>[] reading = [.. subscribers.Select(subscriber => Task.Run(() => subscriber.ReadAsync(1600)))];

        await Task.WhenAll(Enumerable.Range(0, 16).Select(publisher => Task.Run(async () =>
        {
            for (int i = 0; i < 100; i++)
            {
                await test.PublishAsync("news", $"{publisher}:{i}");
            }
        })));

        DecodedEvent[][] seen = await Task.WhenAll(reading);
        Assert.Equal(1600, seen[0].Distinct().Count());
        Assert.All(seen, other => Assert.Equal(seen[0], other));
        foreach (Subscriber subscriber in subscribers)
        {
            await subscriber.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_broker_that_failed_to_start_starts_when_its_log_is_back()
    {
        await using var test = new TestBroker();
        bool isDown = true;
        test.Log.Position = position => isDown ? throw new EventLogException("down") : position;
        await Assert.ThrowsAsync<EventLogException>(() => test.Broker.StartAsync(TestBroker.Cancellation));

        isDown = false;

        await using Subscriber subscriber = await test.SubscribeAsync("news");
        await test.PublishAsync("news", "hi");
        Assert.Equal(["hi"], (await subscriber.ReadAsync(1)).Data());
    }

    [Fact]
    public async Task A_broker_that_is_disposed_of_while_it_starts_leaves_nothing_running()
    {
        var test = new TestBroker();
        var asked = new TaskCompletionSource();
        using var answer = new ManualResetEventSlim();
        test.Log.Position = position =>
        {
            asked.SetResult();
            answer.Wait(TestBroker.Cancellation);
            return position;
        };
        bool isFollowed = false;
        test.Log.BeforeDispatch = _ =>
        {
            isFollowed = true;
            return Task.CompletedTask;
        };
        Task starting = Task.Run(() => test.Broker.StartAsync(TestBroker.Cancellation));
        await asked.Task;

        ValueTask disposing = test.Broker.DisposeAsync();
        Assert.False(disposing.IsCompleted);
        answer.Set();
        await disposing;

        await starting;
        await test.Log.AppendAsync([new PendingEvent(["news"], default, tag: 1, DateTimeOffset.UnixEpoch)], TestBroker.Cancellation);
        Assert.False(isFollowed);
        await test.DisposeAsync();
    }

    [Fact]
    public void A_bad_option_is_named_with_its_value()
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() =>
            new Broker(new BrokerOptions { RingEvents = 0 }, new InMemoryEventLog(), TimeProvider.System));

        Assert.Contains("RingEvents is 0", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Subscribers_that_left_cost_nothing_any_more()
    {
        await using var test = new TestBroker();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(number => Task.Run(async () =>
        {
            for (int i = 0; i < 20; i++)
            {
                await using Subscriber subscriber = await test.SubscribeAsync(i % 2 == 0 ? "news" : "*");
                await test.PublishAsync("news", $"{number}");
            }
        })));

        Assert.Equal(1000, test.Metrics.Total("tidings.events.published"));
        Assert.Equal(0, test.Metrics.Total("tidings.subscribers.active"));
    }

    [Fact]
    public async Task A_subscriber_that_left_is_told_that_it_is_over()
    {
        await using var test = new TestBroker();
        Subscriber subscriber = await test.SubscribeAsync("news");
        ValueTask<bool> waiting = subscriber.WaitToReadAsync();

        await subscriber.DisposeAsync();

        Assert.False(await waiting);
        Assert.False(await subscriber.WaitToReadAsync());
        Assert.Equal(CloseReason.Left, subscriber.CloseReason);
    }

    [Fact]
    public async Task Waking_ends_a_wait_without_an_event()
    {
        await using var test = new TestBroker();
        await using Subscriber subscriber = await test.SubscribeAsync("news");
        ValueTask<bool> waiting = subscriber.WaitToReadAsync();

        subscriber.Wake();

        Assert.True(await waiting);
        Assert.False(subscriber.TryRead(out _));
        subscriber.Wake();
        Assert.True(await subscriber.WaitToReadAsync());
        Assert.False(subscriber.TryRead(out _));
    }

    [Fact]
    public async Task A_broker_that_is_disposed_of_ends_its_streams_and_refuses_new_ones()
    {
        var test = new TestBroker();
        Subscriber subscriber = await test.SubscribeAsync("news");
        ValueTask<bool> waiting = subscriber.WaitToReadAsync();

        await test.DisposeAsync();

        Assert.False(await waiting);
        await subscriber.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => test.SubscribeAsync("news"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => test.PublishAsync("news", "x"));
        await test.DisposeAsync();
    }
}
