using Tidings.Testing;

namespace Tidings.Tests.Delivery;

/// <summary>The place that a client is told without an event: never ahead of what it has not been handed, never behind what it has.</summary>
public sealed class PlaceTests
{
    [Fact]
    public async Task While_nothing_waits_the_place_is_what_is_dispatched()
    {
        await using var test = new TestBroker();
        await using Subscriber subscriber = await test.SubscribeAsync("quiet");
        Assert.Equal(0, subscriber.TakePlace());

        await test.PublishManyAsync("loud", 10);
        await test.SettleAsync();

        Assert.Equal(10, subscriber.TakePlace());
    }

    [Fact]
    public async Task While_an_event_waits_the_place_stays_before_it()
    {
        await using var test = new TestBroker();
        await using Subscriber subscriber = await test.SubscribeAsync("news");
        await test.PublishAsync("other", "1");
        await test.SettleAsync();
        Assert.Equal(1, subscriber.TakePlace());
        await test.PublishManyAsync("news", 2, after: 1);
        await test.PublishAsync("other", "4");
        await test.SettleAsync();

        Assert.Equal(1, subscriber.TakePlace());
        Assert.Equal(["2"], (await subscriber.ReadAsync(1)).Data());
        Assert.Equal(2, subscriber.TakePlace()); // the third is taken, but not handed out
        Assert.Equal(["3"], (await subscriber.ReadAsync(1)).Data());
        Assert.Equal(4, subscriber.TakePlace());
    }

    [Fact]
    public async Task A_place_after_which_events_were_refused_stays_before_them()
    {
        await using var test = new TestBroker(new BrokerOptions { PendingCapacity = 2 });
        await using Subscriber subscriber = await test.SubscribeAsync("news");
        await test.PublishManyAsync("news", 5);
        await test.SettleAsync();

        Assert.Equal(["1", "2"], (await subscriber.ReadAsync(2)).Data());
        Assert.Equal(2, subscriber.TakePlace());
        Assert.False(subscriber.TryRead(out _)); // finds out that it has fallen behind
        Assert.Equal(2, subscriber.TakePlace());
        Assert.Equal(["3", "4", "5"], (await subscriber.ReadAsync(3)).Data());
        Assert.Equal(5, subscriber.TakePlace());
    }

    [Fact]
    public async Task A_reader_that_is_behind_is_told_of_no_place_that_it_has_not_reached()
    {
        await using var test = new TestBroker();
        SseId[] ids = await test.PublishManyAsync("news", 5);
        await test.SettleAsync();
        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(ids[1].Value));

        Assert.Equal(2, subscriber.TakePlace());
        await subscriber.ReadAsync(1);
        Assert.Equal(3, subscriber.TakePlace());
    }

    [Fact]
    public async Task An_event_that_was_handed_out_before_its_dispatch_was_over_is_not_behind_the_place()
    {
        // The dispatcher offers an event to one subscriber after the other; the first may have read it before the last is offered it.
        using var metrics = new MetricCounts();
        using var brokerMetrics = new BrokerMetrics(metrics);
        using var ids = new EventIdCodec(new byte[16]);
        var ring = new FrameRing(capacity: 8, maxBytes: 1000);
        var log = new InMemoryEventLog();
        var subscriber = new Subscriber(new SubscribeOptions(TopicMatcher.All), new MatcherSet([TopicMatcher.All]), new BrokerContext
        {
            Patterns = new PatternBudget(1),
            Options = new BrokerOptions(),
            Log = log,
            Ring = ring,
            Ids = ids,
            Cursors = new CursorResolver(log, ring, ids),
            Dispatcher = new Dispatcher(ring, brokerMetrics),
            Metrics = brokerMetrics,
        });
        subscriber.StartOffering(cut: 0, liveOnlyThrough: 0);
        await subscriber.BeginAsync(Start.Latest, TestBroker.Cancellation);
        var content = new PendingEvent(["news"], "data: x\n"u8.ToArray(), tag: 1, DateTimeOffset.UnixEpoch);
        var logged = new LoggedEvent(1, 1, content);
        ring.Add(new FramedEvent(1, content, new PageFrames([logged], ids).Frame(0), PageFrames.PlaceOf(logged)));

        subscriber.Offer(1);
        Assert.True(subscriber.TryRead(out _));

        Assert.Equal(1, subscriber.TakePlace());
    }

    [Fact]
    public async Task A_subscriber_that_came_while_the_broker_drains_is_offered_nothing_and_its_place_does_not_move()
    {
        // Others may go on to append to the log that this broker follows.
        await using var test = new TestBroker();
        await test.PublishManyAsync("news", 3);
        await test.Broker.DrainAsync();
        await using Subscriber subscriber = await test.SubscribeAsync("news");
        await test.Log.AppendAsync([new PendingEvent(["news"], "data: 4\n"u8.ToArray(), tag: 1, DateTimeOffset.UnixEpoch)], TestBroker.Cancellation);
        await test.SettleAsync();

        Assert.Equal(3, subscriber.TakePlace());
    }

    [Fact]
    public async Task A_client_that_comes_back_to_a_place_receives_what_lies_behind_it_and_a_fork_is_found()
    {
        await using var test = new TestBroker();
        await using Subscriber quiet = await test.SubscribeAsync("quiet");
        await test.PublishManyAsync("loud", 3);
        await test.SettleAsync();
        SseId place = (await quiet.TakePlaceAsync(told: null, TestBroker.Cancellation))!.Value.Id; // there is no fork
        await test.PublishAsync("quiet", "4");

        await using Subscriber back = await test.SubscribeAsync("quiet", StartAt.After(place.Value));

        Assert.Null(back.StartGap);
        Assert.Equal(["4"], (await back.ReadAsync(1)).Data());
        using var ids = new EventIdCodec(test.Log.IdKey.Span);
        Assert.True(ids.TryDecode(place.Value, out LogPlace decoded));
        Assert.NotEqual(EventIdCodec.NoTag, decoded.Tag);
        await using Subscriber forked = await test.SubscribeAsync("quiet", StartAt.After(ids.Encode(decoded with { Tag = decoded.Tag ^ 1 }).Value));
        Assert.Equal(GapReason.Fork, forked.StartGap?.Reason);
    }

    [Fact]
    public async Task Under_load_every_place_lies_between_the_events_before_and_after_it()
    {
        const int Events = 20_000;
        await using var test = new TestBroker(new BrokerOptions { PendingCapacity = 8, RingEvents = 64 });
        await using Subscriber subscriber = await test.SubscribeAsync("even");
        Task publishing = Task.Run(async () =>
        {
            for (int number = 1; number <= Events; number += 100)
            {
                await Task.WhenAll(Enumerable.Range(number, 100).Select(i => test.PublishAsync(i % 2 == 0 ? "even" : "odd", $"{i}")));
            }
        });

        long last = 0;
        long place = 0;
        while (last < Events)
        {
            Assert.True(await subscriber.WaitToReadAsync().AsTask().WaitAsync(Hang.Limit, TimeProvider.System, TestBroker.Cancellation));
            while (subscriber.TryRead(out ReadOnlyMemory<byte> frame))
            {
                long sequence = long.Parse(FrameDecoder.Decode(frame.Span)[0].Data, System.Globalization.CultureInfo.InvariantCulture);
                Assert.Equal(last + 2, sequence); // none is lost, none repeated
                Assert.True(sequence > place, $"Event {sequence} came after place {place} was told.");
                last = sequence;
                if (sequence % 3 == 0)
                {
                    place = subscriber.TakePlace();
                    Assert.True(place >= last, $"Place {place} is behind event {last}.");
                }
            }

            place = subscriber.TakePlace();
            Assert.True(place >= last, $"Place {place} is behind event {last}.");
        }

        await publishing;
    }
}
